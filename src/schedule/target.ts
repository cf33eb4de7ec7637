// How many GPUs a schedule wants at an instant, and when that changes. The answer follows from the instant alone, so a
// daemon that slept, crashed or had its clock set says the same as one that did not. Inside a window its GPUs are wanted,
// outside the base; during a window's lead the larger of its GPUs and what is wanted anyway. Each schedule object keeps
// what it has resolved: asked again within the same stretch it answers with two comparisons.
import { DAY_MS, type UnixMs } from '../domain/time.ts';
import { GPUS_PER_NODE } from '../domain/money.ts';
import type { Desired, FleetPolicy, Schedule } from '../domain/policy.ts';
import { type CompiledWindow, type CompiledWindows, compileWindows, startsBetween } from './occurrences.ts';

/** From `atMs` on, `gpus` are wanted. */
export interface TargetChange {
  readonly atMs: UnixMs;
  readonly gpus: number;
}

export interface Target {
  readonly gpus: number;
  /** The next instant at which another number is wanted; null when there is none. */
  readonly nextChangeMs: UnixMs | null;
}

interface Step {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly gpus: number;
  /** Undefined while it lies in a later block and nobody asked. */
  nextChangeMs: UnixMs | null | undefined;
}

/** Spans [fromMs, toMs), ascending and apart. */
type Spans = readonly { readonly fromMs: UnixMs; readonly toMs: UnixMs }[];

/** Steps are resolved in blocks of this length. */
const BLOCK_MS = 32 * DAY_MS;
/** The rarest start that crontab can express comes again within twelve years (a month's first on a weekday, around 2100). */
const HORIZON_BLOCKS = Math.ceil((13 * 366) / 32);
const BLOCKS_KEPT = 4 * HORIZON_BLOCKS;

/** Merges [start + fromOffset, start + toOffset) of ascending starts, cut to [fromMs, toMs). */
const spansOf = (
  starts: readonly UnixMs[],
  offset: { readonly from: number; readonly to: number },
  within: { readonly fromMs: UnixMs; readonly toMs: UnixMs },
): Spans => {
  const spans: { fromMs: UnixMs; toMs: UnixMs }[] = [];
  for (const start of starts) {
    const fromMs = Math.max(start + offset.from, within.fromMs);
    const toMs = Math.min(start + offset.to, within.toMs);
    const last = spans.at(-1);
    if (toMs <= fromMs) continue;
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else spans.push({ fromMs, toMs });
  }
  return spans;
};

/** Whether ascending spans hold ascending instants: moves on with them, so a sweep costs one pass. */
const sweep = (spans: Spans): ((at: UnixMs) => boolean) => {
  let index = 0;
  return (at) => {
    while (index < spans.length && (spans[index]?.toMs ?? 0) <= at) index += 1;
    return index < spans.length && (spans[index]?.fromMs ?? Infinity) <= at;
  };
};

interface WindowSpans {
  readonly window: CompiledWindow;
  readonly active: Spans;
  readonly lead: Spans;
}

const windowSpans = (compiled: CompiledWindows, fromMs: UnixMs, toMs: UnixMs): readonly WindowSpans[] =>
  compiled.windows.map((window) => {
    const starts = startsBetween(compiled.zone, window.cron, fromMs - window.forMs, toMs + window.leadMs);
    return {
      window,
      active: spansOf(starts, { from: 0, to: window.forMs }, { fromMs, toMs }),
      lead: spansOf(starts, { from: -window.leadMs, to: 0 }, { fromMs, toMs }),
    };
  });

const resolveBlock = (
  base: number,
  compiled: CompiledWindows,
  fromMs: UnixMs,
  toMs: UnixMs,
): readonly Step[] => {
  const spans = windowSpans(compiled, fromMs, toMs);
  const edges = new Set<UnixMs>([fromMs]);
  for (const { active, lead } of spans) {
    for (const span of [...active, ...lead]) {
      edges.add(span.fromMs);
      if (span.toMs < toMs) edges.add(span.toMs);
    }
  }
  const sweeps = spans.map(({ window, active, lead }) => ({
    window,
    isActive: sweep(active),
    isLead: sweep(lead),
  }));
  const changes: TargetChange[] = [];
  for (const atMs of [...edges].toSorted((a, b) => a - b)) {
    let inside = -1;
    let ahead = -1;
    for (const { window, isActive, isLead } of sweeps) {
      if (isActive(atMs)) inside = Math.max(inside, window.gpus);
      if (isLead(atMs)) ahead = Math.max(ahead, window.gpus);
    }
    const gpus = Math.max(inside < 0 ? base : inside, ahead);
    if (changes.at(-1)?.gpus !== gpus) changes.push({ atMs, gpus });
  }
  return changes.map(({ atMs, gpus }, index) => {
    const nextChangeMs = changes[index + 1]?.atMs;
    return { fromMs: atMs, toMs: nextChangeMs ?? toMs, gpus, nextChangeMs };
  });
};

/** The last step that begins at or before `atMs`. */
const stepIn = (steps: readonly Step[], atMs: UnixMs): Step | undefined => {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle]?.fromMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1];
};

class CompiledTarget {
  readonly #schedule: Schedule;
  readonly #compiled: CompiledWindows;
  readonly #blocks = new Map<number, readonly Step[]>();
  #latest: Step;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#compiled = compileWindows(schedule);
    const constant = schedule.windows.every(({ gpus }) => gpus === schedule.baseGpus);
    this.#latest = constant
      ? { fromMs: -Infinity, toMs: Infinity, gpus: schedule.baseGpus, nextChangeMs: null }
      : { fromMs: 0, toMs: 0, gpus: 0, nextChangeMs: null };
  }

  stepAt(atMs: UnixMs): Step {
    const latest = this.#latest;
    if (atMs >= latest.fromMs && atMs < latest.toMs) return latest;
    const found = stepIn(this.#block(Math.floor(atMs / BLOCK_MS)), atMs);
    if (found === undefined) throw new RangeError(`no step of the schedule at ${atMs}`);
    this.#latest = found;
    return found;
  }

  nextChangeAfter(atMs: UnixMs): UnixMs | null {
    const step = this.stepAt(atMs);
    if (step.nextChangeMs === undefined) step.nextChangeMs = this.#search(step);
    return step.nextChangeMs;
  }

  /** The next change after the last step of a block: neighbours within a block always differ. */
  #search(step: Step): UnixMs | null {
    const next = Math.round(step.toMs / BLOCK_MS);
    for (let block = next; block <= next + HORIZON_BLOCKS; block += 1) {
      const [first, second] = this.#block(block);
      if (first !== undefined && first.gpus !== step.gpus) return first.fromMs;
      if (second !== undefined) return second.fromMs;
    }
    return null;
  }

  #block(index: number): readonly Step[] {
    const known = this.#blocks.get(index);
    if (known !== undefined) return known;
    if (this.#blocks.size >= BLOCKS_KEPT) this.#blocks.clear();
    const steps = resolveBlock(
      this.#schedule.baseGpus,
      this.#compiled,
      index * BLOCK_MS,
      (index + 1) * BLOCK_MS,
    );
    this.#blocks.set(index, steps);
    return steps;
  }
}

const compiledTargets = new WeakMap<Schedule, CompiledTarget>();

const targetOf = (schedule: Schedule): CompiledTarget => {
  let target = compiledTargets.get(schedule);
  if (target === undefined) {
    target = new CompiledTarget(schedule);
    compiledTargets.set(schedule, target);
  }
  return target;
};

/** GPUs wanted at an instant. Throws RangeError on a schedule the settings room would refuse. */
export const wantedGpus = (schedule: Schedule, atMs: UnixMs): number => targetOf(schedule).stepAt(atMs).gpus;

/** The first instant after `atMs` at which another number of GPUs is wanted; null when there is none. */
export const nextChange = (schedule: Schedule, atMs: UnixMs): UnixMs | null =>
  targetOf(schedule).nextChangeAfter(atMs);

/** Both answers at once. */
export const desiredAt = (schedule: Schedule, atMs: UnixMs): Target => ({
  gpus: wantedGpus(schedule, atMs),
  nextChangeMs: nextChange(schedule, atMs),
});

/** The same for a fleet, in nodes too. */
export const desiredOf = (fleet: Pick<FleetPolicy, 'name' | 'schedule'>, atMs: UnixMs): Desired => {
  const { gpus, nextChangeMs } = desiredAt(fleet.schedule, atMs);
  return { fleet: fleet.name, gpus, nodes: Math.ceil(gpus / GPUS_PER_NODE), nextChangeMs };
};

/** Every change in (fromMs, toMs], ascending. */
export const changesBetween = (schedule: Schedule, fromMs: UnixMs, toMs: UnixMs): readonly TargetChange[] => {
  const changes: TargetChange[] = [];
  let at = nextChange(schedule, fromMs);
  while (at !== null && at <= toMs) {
    changes.push({ atMs: at, gpus: wantedGpus(schedule, at) });
    at = nextChange(schedule, at);
  }
  return changes;
};

/** Wanted node-milliseconds in [fromMs, toMs): exact, change by change. */
export const wantedNodeMs = (schedule: Schedule, fromMs: UnixMs, toMs: UnixMs): number => {
  let gpuMs = 0;
  let at = fromMs;
  let gpus = wantedGpus(schedule, fromMs);
  for (const change of changesBetween(schedule, fromMs, toMs)) {
    gpuMs += gpus * (change.atMs - at);
    ({ atMs: at, gpus } = change);
  }
  return (gpuMs + gpus * Math.max(0, toMs - at)) / GPUS_PER_NODE;
};
