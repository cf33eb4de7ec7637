// The checks that compare keys within one fleet. They run on whatever could be read, so a wrong key elsewhere never hides
// them, and each says what to write instead.
import { GPUS_PER_NODE, floorLimit, formatGpuPrice, formatPrice } from '../domain/money.ts';
import type { Schedule } from '../domain/policy.ts';
import {
  HOUR_MS,
  MINUTE_MS,
  type DurationMs,
  type UnixMs,
  formatDuration,
  formatInstant,
} from '../domain/time.ts';
import { overlaps } from '../schedule/overlaps.ts';
import { joinPath } from './document.ts';
import type { Draft, Finding } from './lenient.ts';
import { asPrice, limitOf } from './resolve.ts';
import type { Written, WrittenFleet } from './schema.ts';
import { writeDuration } from './values.ts';

export interface CheckContext {
  readonly draft: Draft<Written>;
  /** Whether something was written at a path, even if it could not be read. */
  readonly has: (path: string) => boolean;
  readonly report: (finding: Finding) => void;
  readonly nowMs: UnixMs;
}

type DraftFleet = Draft<WrittenFleet>;

const checkCeiling = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  const ceiling = fleet.bid?.ceiling;
  if (ceiling === undefined) return;
  const at = { path: joinPath(path, 'bid.ceiling'), at: 'value', code: 'E_SETTINGS_CEILING' } as const;
  if (floorLimit(ceiling) < GPUS_PER_NODE) {
    context.report({
      ...at,
      reason: 'the smallest bid is 8 cents per node-hour',
      remedy: 'Write at least $0.01/gpu-hour',
    });
  }
  const cap = context.draft.limits?.ceiling;
  if (cap !== undefined && ceiling > cap) {
    const reason = `${formatPrice(ceiling)} is above the hard cap of the process, ${formatPrice(cap)}`;
    context.report({
      ...at,
      reason,
      remedy: `Write at most ${formatGpuPrice(cap)}, or raise limits.ceiling`,
    });
  }
};

const checkStep = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  const { ceiling, step } = fleet.bid ?? {};
  if (ceiling === undefined || step === undefined) return;
  if (limitOf(step, ceiling) >= GPUS_PER_NODE) return;
  const written = context.has(joinPath(path, 'bid.step'));
  context.report({
    code: 'E_SETTINGS_STEP',
    path: joinPath(path, written ? 'bid.step' : 'bid.ceiling'),
    at: 'value',
    reason: `${written ? 'the step' : 'the default step of 5% of this ceiling'} is under 8 cents per node-hour, which no bid can express`,
    remedy: `${written ? 'Write' : 'Set step to'} at least $0.01/gpu-hour`,
  });
};

const checkStart = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  const { ceiling, start } = fleet.bid ?? {};
  if (ceiling === undefined || start === undefined) return;
  const single = typeof start === 'number';
  const written = single ? ({ kind: 'price', price: start } as const) : start.else;
  if (written === undefined) return;
  const target = joinPath(path, single ? 'bid.start' : 'bid.start.else');
  const at = {
    code: 'E_SETTINGS_START',
    path: context.has(target) ? target : joinPath(path, 'bid.ceiling'),
    at: 'value',
  } as const;
  const exact = written.kind === 'price' ? written.price : (ceiling * written.share) / 10_000;
  if (exact > ceiling) {
    const amount =
      written.kind === 'price' ? formatPrice(asPrice(exact)) : `${written.share / 100}% of the ceiling`;
    context.report({
      ...at,
      reason: `a climb would start at ${amount}, above the ceiling of ${formatPrice(ceiling)}`,
      remedy: `Start at or under ${formatGpuPrice(ceiling)}`,
    });
  } else if (floorLimit(Math.floor(exact)) < GPUS_PER_NODE && floorLimit(ceiling) >= GPUS_PER_NODE) {
    context.report({
      ...at,
      reason: 'a climb would start under 8 cents per node-hour, which no bid can express',
      remedy: 'Start at $0.01/gpu-hour or more',
    });
  }
};

const checkStrategy = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  if (fleet.bid?.interruption === undefined || fleet.bid.strategy === 'follow') return;
  if (fleet.shadows?.includes('follow') === true) return;
  context.report({
    code: 'E_SETTINGS_STRATEGY',
    path: joinPath(path, 'bid.interruption'),
    at: 'key',
    reason: 'only the strategy follow weighs what an interruption costs',
    remedy: 'Remove interruption, or write strategy: follow',
  });
};

/** The schedule of a fleet; null while a part of it cannot be read. */
export const draftSchedule = (fleet: DraftFleet): Schedule | null => {
  const windows = (fleet.schedule ?? []).map((window) =>
    window?.from === undefined || window.for === undefined
      ? null
      : { from: window.from, forMs: window.for, gpus: window.gpus ?? 0, leadMs: window.lead ?? 0 },
  );
  if (fleet.timezone === undefined || windows.includes(null)) return null;
  return {
    timeZone: fleet.timezone,
    baseGpus: fleet.gpus ?? 0,
    windows: windows.filter((window) => window !== null),
  };
};

const checkOverlaps = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  const schedule = draftSchedule(fleet);
  if (schedule === null) return;
  for (const { first, second, fromMs, toMs } of overlaps(schedule, context.nowMs)) {
    const span = `${formatInstant(fromMs)} to ${formatInstant(toMs)}`;
    const [one, two] = [schedule.windows[first]?.from ?? '', schedule.windows[second]?.from ?? ''];
    const reason =
      first === second
        ? `the window "${one}" runs into its own next start, first from ${span}`
        : `the windows "${one}" and "${two}" both claim ${span}`;
    const target = joinPath(joinPath(joinPath(path, 'schedule'), second), 'for');
    context.report({
      code: 'E_SETTINGS_OVERLAP',
      path: target,
      at: 'value',
      reason,
      remedy: 'Shorten one of them, or move its start',
    });
  }
};

const checkBlock = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  const { block, hold } = fleet;
  if (block === undefined) return;
  const at = { code: 'E_SETTINGS_BLOCK', path: joinPath(path, 'block') } as const;
  if (block % HOUR_MS !== 0) {
    context.report({
      ...at,
      at: 'value',
      reason: 'blocks are whole hours',
      remedy: `Write ${Math.max(1, Math.round(block / HOUR_MS))}h`,
    });
  }
  if (hold === 'autoreserved') {
    context.report({
      ...at,
      at: 'key',
      reason: 'an autoreserved fleet buys no blocks',
      remedy: 'Remove block, or write hold: reserved',
    });
  }
};

/** Jobs: some GPUs, names that stand once, bids and not blocks. Whether a deadline can be met only the ledger can say. */
const checkJobs = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  const names = new Set<string>();
  for (const [index, job] of (fleet.jobs ?? []).entries()) {
    const at = (of: string) =>
      ({
        path: joinPath(joinPath(joinPath(path, 'jobs'), index), of),
        at: 'value',
        code: 'E_SETTINGS_JOB',
      }) as const;
    if (fleet.hold === 'reserved') {
      const remedy = 'Move the job to a fleet with hold: autoreserved';
      context.report({
        ...at('name'),
        reason: 'jobs are bought by the hour; this fleet buys blocks',
        remedy,
      });
    }
    if (job?.name !== undefined && names.has(job.name)) {
      context.report({
        ...at('name'),
        reason: `two jobs are called ${job.name}`,
        remedy: 'Give each its own name',
      });
    }
    if (job?.name !== undefined) names.add(job.name);
    if (job?.gpus === 0) {
      context.report({ ...at('gpus'), reason: 'with no GPUs it never ends', remedy: 'Write 8 or more' });
    }
  }
};

/** What the extension of a reserved node needs: room to clear up a lost answer, within the block. */
export const checkExtendLead = (
  context: CheckContext,
  lead: DurationMs | undefined,
  path: string,
  blockMs: DurationMs | null,
): void => {
  const { quarantine } = context.draft;
  if (lead === undefined || quarantine === undefined) return;
  const least = quarantine + 5 * MINUTE_MS;
  const target = context.has(path) ? path : 'quarantine';
  const at = { code: 'E_SETTINGS_EXTEND_LEAD', path: target, at: 'value' } as const;
  if (lead < least) {
    const reason = `extend_lead (${formatDuration(lead)}) leaves no room to clear up a lost answer: quarantine is ${formatDuration(quarantine)}`;
    context.report({
      ...at,
      reason,
      remedy: `Write extend_lead: ${writeDuration(least)} or more, or a shorter quarantine`,
    });
  } else if (blockMs !== null && lead > blockMs) {
    const reason = `extend_lead (${formatDuration(lead)}) is longer than a block (${formatDuration(blockMs)})`;
    context.report({ ...at, reason, remedy: 'Write a shorter extend_lead or a longer block' });
  }
};

/** Every check of one fleet; `path` is `fleets[3]`. */
export const checkFleet = (context: CheckContext, fleet: DraftFleet, path: string): void => {
  checkCeiling(context, fleet, path);
  checkStep(context, fleet, path);
  checkStart(context, fleet, path);
  checkStrategy(context, fleet, path);
  checkOverlaps(context, fleet, path);
  checkBlock(context, fleet, path);
  checkJobs(context, fleet, path);
  const blockMs = fleet.hold === 'reserved' ? (fleet.block ?? HOUR_MS) : null;
  const own = context.has(joinPath(path, 'extend_lead'));
  if (own) checkExtendLead(context, fleet.extend_lead, joinPath(path, 'extend_lead'), blockMs);
  else if (blockMs !== null && (context.draft.extend_lead ?? 0) > blockMs) {
    checkExtendLead(context, context.draft.extend_lead, joinPath(path, 'block'), blockMs);
  }
};
