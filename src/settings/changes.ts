// What a reload would change: the new settings held against the old ones, key by key, each change as a line for people. Some
// keys are read once at the start and need a restart, the hard caps among them; a ceiling or a budget that rises to more
// than twice its value needs somebody who says so; and a fleet that would go while its nodes live needs that too.
import { cents, centsPerNodeHour, formatCents, formatPrice } from '../domain/money.ts';
import { BUDGET_PERIODS } from '../domain/policy.ts';
import type { Settings } from './settings.ts';
import { writeDuration, writeShare } from './values.ts';

export interface SettingsChanges {
  /** `fleets[train].bid.ceiling: $16.00/node-hour … → …`, one a changed key. */
  readonly lines: readonly string[];
  /** Changed keys that only a restart takes over. */
  readonly needRestart: readonly string[];
  /** Changes that somebody has to acknowledge, each with its reason. */
  readonly needAcknowledgement: readonly string[];
}

/** Keys that a running daemon can take over, by their beginning. Whatever is not named here needs a restart. */
const RELOADABLE: readonly string[] = [
  'fleets[',
  'tick',
  'tickGapMs',
  'quarantineMs',
  'repost',
  'lookMaxAgeMs',
  'lookGapMs',
  'quoteFreshMs',
  'quoteUsableMs',
  'priceBand.',
  'changesAtOnce',
  'onStop',
  'neverTouch',
  'deadlines.tickMs',
];
/** Not settings of the user: derived from the rest, or where the file lies. */
const IGNORED: ReadonlySet<string> = new Set(['file', 'hash']);
/** A ceiling or a budget may rise this far by itself. */
const FREELY_UP_TO = 2;

type Flat = ReadonlyMap<string, unknown>;

export const settingsChanges = (
  before: Settings,
  after: Settings,
  livingNodes: (fleet: string) => number,
): SettingsChanges => {
  const old = flatten(before);
  const now = flatten(after);
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key));
  const gone = before.policy.fleets.filter(
    ({ name }) => !after.policy.fleets.some((fleet) => fleet.name === name),
  );
  const isGone = (key: string): boolean => gone.some(({ name }) => key.startsWith(`fleets[${name}]`));
  const isNew = (key: string): boolean =>
    key.startsWith('fleets[') && !old.has(`${key.slice(0, key.indexOf(']') + 1)}.name`);
  return {
    lines: changed
      .filter((key) => !isGone(key) || key.endsWith('].name'))
      .map((key) =>
        isGone(key)
          ? `${key.slice(0, -'.name'.length)}: removed`
          : `${key}: ${inWords(key, old)} → ${inWords(key, now)}`,
      ),
    needRestart: changed.filter((key) => !RELOADABLE.some((one) => key.startsWith(one))),
    needAcknowledgement: [
      ...changed.filter((key) => !isGone(key) && !isNew(key)).flatMap((key) => risesTooFar(key, old, now)),
      ...gone.flatMap(({ name }) => {
        const nodes = livingNodes(name);
        return nodes === 0
          ? []
          : [`fleet ${name} goes while ${nodes} nodes of it live: nobody would manage them any more`];
      }),
    ],
  };
};

const isMoney = (key: string): 'ceiling' | 'budget' | null => {
  if (key.endsWith('.ceiling')) return 'ceiling';
  return BUDGET_PERIODS.some((period) => key.endsWith(`.budget.${period}`)) ? 'budget' : null;
};

const risesTooFar = (key: string, old: Flat, now: Flat): readonly string[] => {
  const [before, after] = [old.get(key), now.get(key)];
  if (isMoney(key) === null || typeof before !== 'number') return [];
  if (after === undefined) return [`${key}: the limit ${inWords(key, old)} goes`];
  return typeof after === 'number' && after > before * FREELY_UP_TO
    ? [`${key} rises to more than twice its value: ${inWords(key, old)} → ${inWords(key, now)}`]
    : [];
};

/** Every leaf by its path; fleets by name. The policy's keys stand at the root, as in the file. Boot scripts are told by hash. */
const flatten = (settings: Settings): Flat => {
  const flat = new Map<string, unknown>();
  const walk = (path: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      flat.set(path, value);
      return;
    }
    if (Array.isArray(value)) {
      if (value.every((one) => typeof one !== 'object')) flat.set(path, `[${value.join(', ')}]`);
      else for (const [index, one] of value.entries()) walk(`${path}[${nameOf(one, index)}]`, one);
      return;
    }
    for (const [key, one] of Object.entries(value)) {
      if (key !== 'cloudInit') walk(path === '' ? key : `${path}.${key}`, one);
    }
  };
  const { policy, ...rest } = settings;
  for (const [key, value] of Object.entries({ ...rest, ...policy })) if (!IGNORED.has(key)) walk(key, value);
  return flat;
};

const nameOf = (value: unknown, index: number): string | number =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    ? value.name
    : index;

const PRICES = /\.(ceiling|step|startElse|low|mean|high)$/;

/** A value as the settings would say it; what is not there is `none`. */
const inWords = (key: string, flat: Flat): string => {
  const value = flat.get(key);
  if (value === undefined || value === null) return 'none';
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value);
  if (key.startsWith('priceBand.') || key.endsWith('quotePlus')) return writeShare(value);
  if (isMoney(key) === 'budget') return formatCents(cents(value));
  if (PRICES.test(key)) return formatPrice(centsPerNodeHour(value));
  return key.endsWith('Ms') ? writeDuration(value) : String(value);
};
