// The sorts of values a settings key can have, as zod schemas. Each carries its name (`title`) and an example, from which the
// JSON Schema, the reference table and the words of a refusal are made.
import { z } from 'zod';
import { parseCron } from '../schedule/cron.ts';
import { isTimeZone } from '../schedule/zone.ts';
import { GPUS_PER_NODE } from '../domain/money.ts';
import { FLEET_PATTERN, PREFIX_PATTERN } from '../domain/names.ts';
import { formatDuration, type DurationMs } from '../domain/time.ts';
import type { SettingsCode } from './errors.ts';
import type { Listen } from './settings.ts';
import { nearest } from '../domain/nearest.ts';
import { readDeadline, readNeed } from './read-job.ts';
import { readTick } from './tick.ts';
import { type Read, readDuration, readMoney, readPlusShare, readPrice, readShare, refuse } from './values.ts';

/** What a custom zod issue of ours carries; document-check.ts turns it into a problem. */
export interface IssueParams {
  readonly code: SettingsCode;
  readonly remedy: string;
}

interface Sort {
  readonly title: string;
  readonly example: string;
  readonly pattern?: RegExp;
}

/** A text that is read exactly; the JSON Schema describes the text, not what becomes of it. */
const text = <Value>(sort: Sort, read: (text: string) => Read<Value>) =>
  z
    .string()
    .meta({
      title: sort.title,
      examples: [sort.example],
      ...(sort.pattern === undefined ? {} : { pattern: sort.pattern.source }),
    })
    .transform((written, context): Value => {
      const found = read(written);
      if (found.ok) return found.value;
      const params: IssueParams = { code: found.code, remedy: found.remedy };
      context.addIssue({ code: 'custom', message: found.reason, params: { ...params }, input: written });
      return z.NEVER;
    });

const PRICE_PATTERN = /^\$(0|[1-9]\d*)(\.\d{1,6})?\/(gpu|node)-hour$/;
const SHARE_PATTERN = /^(0|[1-9]\d{0,4})(\.\d{1,2})?%$/;

export const anyPrice = text(
  { title: 'price', example: '$2.00/gpu-hour', pattern: PRICE_PATTERN },
  readPrice,
);

/** A price of at least one cent. */
export const price = text(
  { title: 'price', example: '$2.00/gpu-hour', pattern: PRICE_PATTERN },
  (written) => {
    const read = readPrice(written);
    if (!read.ok || read.value > 0) return read;
    return refuse('E_SETTINGS_PRICE', 'the price is zero', 'Write a price of at least $0.01/gpu-hour');
  },
);

export const money = text(
  { title: 'money', example: '$500', pattern: /^\$(0|[1-9]\d*)(\.\d{1,6})?$/ },
  readMoney,
);

/** A limit of a budget: more than nothing. */
export const budgetSum = text(
  { title: 'money', example: '$500', pattern: /^\$(0|[1-9]\d*)(\.\d{1,6})?$/ },
  (written) => {
    const read = readMoney(written);
    if (!read.ok || read.value > 0) return read;
    return refuse(
      'E_SETTINGS_BUDGET',
      'a budget of zero buys nothing',
      'Write a sum, or set gpus: 0 to hold no node',
    );
  },
);

export const share = text({ title: 'share', example: '5%', pattern: SHARE_PATTERN }, readShare);

/** The share of a budget at which something is done: of 100 % nothing is left, and at 0 % it would always be done. */
export const stageShare = text({ title: 'share', example: '80%', pattern: SHARE_PATTERN }, (written) => {
  const read = readShare(written);
  if (!read.ok || (read.value > 0 && read.value <= 10_000)) return read;
  const reason = read.value === 0 ? 'no budget is under 0%' : 'a budget stops hard at 100%';
  return refuse('E_SETTINGS_SHARE', reason, 'Write more than 0% and at most 100%');
});

export const plusShare = text(
  { title: 'share on top', example: '+2%', pattern: /^\+(0|[1-9]\d{0,4})(\.\d{1,2})?%$/ },
  readPlusShare,
);

export type PriceOrShare =
  | { readonly kind: 'price'; readonly price: number }
  | { readonly kind: 'share'; readonly share: number };

/** A price, or a share of the fleet's ceiling. */
export const priceOrShare = text<PriceOrShare>(
  {
    title: 'price or share',
    example: '$0.05/gpu-hour',
    pattern: new RegExp(`(${PRICE_PATTERN.source})|(${SHARE_PATTERN.source})`),
  },
  (written) => {
    if (written.endsWith('%')) {
      const read = readShare(written);
      return read.ok ? { ok: true, value: { kind: 'share', share: read.value } } : read;
    }
    const read = readPrice(written);
    return read.ok
      ? { ok: true, value: { kind: 'price', price: read.value } }
      : { ...read, remedy: `${read.remedy}, or a share of the ceiling such as 5%` };
  },
);

/** A duration between two bounds, both included. */
export const duration = (lowMs: DurationMs, highMs: DurationMs) =>
  text(
    { title: 'duration', example: '5m', pattern: /^(?=\d)(\d{1,6}h)?(\d{1,8}m)?(\d{1,9}s)?$/ },
    (written) => {
      const read = readDuration(written);
      if (!read.ok || (read.value >= lowMs && read.value <= highMs)) return read;
      const [low, high] = [formatDuration(lowMs), formatDuration(highMs)];
      return refuse(
        'E_SETTINGS_DURATION',
        `the duration lies outside ${low} to ${high}`,
        `Write ${low} to ${high}`,
      );
    },
  );

export const whole = (low: number, high: number) =>
  z.int().min(low).max(high).meta({ title: 'whole number' });

export const gpus = z
  .int()
  .min(0)
  .max(8_000_000)
  .refine((count) => count % GPUS_PER_NODE === 0, {
    message: 'a node has 8 GPUs and is bought whole',
    params: { code: 'E_SETTINGS_GPUS', remedy: 'Write a multiple of 8' } satisfies IssueParams,
  })
  .meta({ title: 'GPUs', multipleOf: GPUS_PER_NODE });

export const fleetName = text({ title: 'name', example: 'train', pattern: FLEET_PATTERN }, (written) =>
  FLEET_PATTERN.test(written)
    ? { ok: true, value: written }
    : refuse(
        'E_SETTINGS_NAME',
        'a fleet name is 1 to 48 lower-case letters, digits and dashes, a letter first',
        'Write for example train-a',
      ),
);

export const namePrefix = text({ title: 'name', example: 'bk', pattern: PREFIX_PATTERN }, (written) =>
  PREFIX_PATTERN.test(written)
    ? { ok: true, value: written }
    : refuse(
        'E_SETTINGS_NAME',
        'the prefix is 1 to 16 lower-case letters and digits, a letter first',
        'Write for example bk',
      ),
);

/** A word the venue uses: zone names, GPU types, instance types. */
export const word = (title: string, example: string) =>
  text({ title, example, pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/ }, (written) =>
    /^[a-z0-9][a-z0-9._-]{0,63}$/.test(written)
      ? { ok: true, value: written }
      : refuse(
          'E_SETTINGS_VALUE',
          `a ${title} is written in lower-case letters, digits, dots and dashes`,
          `Write for example ${example}`,
        ),
  );

export const jobName = text({ title: 'name', example: 'finetune', pattern: FLEET_PATTERN }, (written) =>
  FLEET_PATTERN.test(written)
    ? { ok: true, value: written }
    : refuse(
        'E_SETTINGS_NAME',
        "a job's name is 1 to 48 lower-case letters, digits and dashes, a letter first",
        'Write for example finetune',
      ),
);

export const need = text(
  { title: 'GPU-hours', example: '512 gpu-hours', pattern: /^[1-9]\d{0,9} gpu-hours?$/ },
  readNeed,
);

export const deadline = text(
  { title: 'local time and zone', example: '2026-12-18T18:00 America/Los_Angeles' },
  readDeadline,
);

export const timeZone = text({ title: 'time zone', example: 'America/Los_Angeles' }, (written) => {
  if (isTimeZone(written)) return { ok: true, value: written };
  const near = nearest(written, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  const remedy =
    near === null ? 'Write a name of the IANA database: America/Los_Angeles' : `Did you mean ${near}?`;
  return refuse('E_SETTINGS_TIMEZONE', 'there is no such time zone', remedy);
});

export const cronText = text({ title: 'cron text', example: '0 20 * * 1-5' }, (written) => {
  const read = parseCron(written);
  if (read.ok) return { ok: true, value: written.trim() };
  return refuse(
    'E_SETTINGS_CRON',
    read.reason,
    'Write five fields: minute hour day month weekday, for example "0 20 * * 1-5"',
  );
});

export const tick = text({ title: 'cron text with seconds', example: '*/30 * * * * *' }, (written) => {
  const read = readTick(written);
  if (read.ok) return { ok: true, value: { text: written.trim(), gapMs: read.gapMs } };
  return refuse(
    'E_SETTINGS_TICK',
    read.reason,
    'Write six fields, seconds first, for example "*/30 * * * * *"',
  );
});

export const listen = text<Listen>({ title: 'host:port', example: '127.0.0.1:9464' }, (written) => {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(written);
  const port = Number(match?.[2] ?? -1);
  if (match !== null && port <= 65_535) {
    return { ok: true, value: { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port } };
  }
  return refuse(
    'E_SETTINGS_LISTEN',
    'an address is host:port with a port up to 65535',
    'Write for example 127.0.0.1:9464',
  );
});

/** The path inside `sqlite:PATH`. */
export const store = text(
  { title: 'store', example: 'sqlite:./data/bidkeeper.db', pattern: /^sqlite:.+$/ },
  (written) =>
    /^sqlite:.*[^/\s]$/.test(written)
      ? { ok: true, value: written.slice('sqlite:'.length) }
      : refuse(
          'E_SETTINGS_STORE',
          'the store is a SQLite file',
          'Write sqlite:./data/bidkeeper.db (relative to the settings file)',
        ),
);

export const plainText = (title: string, example: string, pattern = /^\S(?:.*\S)?$/) =>
  text({ title, example, pattern }, (written) =>
    pattern.test(written)
      ? { ok: true, value: written }
      : refuse('E_SETTINGS_VALUE', `this is no ${title}`, `Write for example ${example}`),
  );
