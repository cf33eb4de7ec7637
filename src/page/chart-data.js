// History -> columns that share one axis of time, as the charts take them. Seconds on the axis; null is a gap.

/** @typedef {import('../domain/overview.ts').History} History */
/** @typedef {import('../domain/overview.ts').FleetHistory} FleetHistory */
/** @typedef {(number | null)[]} Column */
/** @typedef {{ readonly atMs: readonly number[], readonly values: readonly (number | null | undefined)[] }} Steps */

const GPUS_PER_NODE = 8;
/** An ask is believed to hold so long after it was quoted when no other follows. */
const ASK_HOLDS_MS = 60 * 60_000;

/** The step that holds at an instant. @param {Steps} steps @param {number} at */
const valueAt = ({ atMs, values }, at) => {
  let low = 0;
  let high = atMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (/** @type {number} */ (atMs[middle]) <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : (values[low - 1] ?? null);
};

/** @param {History} history @param {number} at */
export const isBlind = (history, at) => history.blind.some((one) => at >= one.fromMs && at < one.toMs);

/** @param {readonly { readonly atMs: number, readonly gpus: number }[]} steps @returns {Steps} */
const ahead = (steps) => ({ atMs: steps.map((one) => one.atMs), values: steps.map((one) => one.gpus) });

/** @param {number} from @param {number} to @param {readonly (readonly number[])[]} lists */
const instants = (from, to, ...lists) => {
  const all = new Set([from, to]);
  for (const list of lists) for (const at of list) if (at > from && at < to) all.add(at);
  return [...all].sort((a, b) => a - b);
};

/**
 * A day back and a day ahead: [time, wanted, held, paid].
 * @param {History} history @param {FleetHistory} fleet
 */
export const coverageColumns = (history, fleet) => {
  const { fromMs, nowMs, toMs } = history;
  const { past } = fleet;
  const wantedPast = { atMs: past.atMs, values: past.wantedGpus };
  const heldPast = { atMs: past.atMs, values: past.heldGpus };
  const wantedAhead = ahead(fleet.wantedAhead);
  const paidAhead = ahead(fleet.paidAhead);
  // What was known stands until the very moment from which it is not.
  const blind = history.blind.flatMap((one) => [one.fromMs - 1, one.fromMs, one.toMs]);
  const times = instants(fromMs, toMs, [nowMs], past.atMs, wantedAhead.atMs, paidAhead.atMs, blind);
  return {
    times,
    wanted: times.map((at) => (at < nowMs ? valueAt(wantedPast, at) : valueAt(wantedAhead, at))),
    held: times.map((at) => (at > nowMs || isBlind(history, at) ? null : valueAt(heldPast, at))),
    paid: times.map((at) => (at < nowMs ? null : valueAt(paidAhead, at))),
  };
};

/**
 * The ask of each zone the fleet may buy in, its limit and its ceiling, in dollars per GPU-hour.
 * @param {History} history @param {FleetHistory} fleet
 */
export const priceColumns = (history, fleet) => {
  const { fromMs, nowMs } = history;
  const { past } = fleet;
  const zones = history.asks
    .filter((one) => fleet.zones === 'any' || fleet.zones.includes(one.zone))
    .slice(0, 6);
  const ends = zones.flatMap((one) => one.atMs.map((at) => at + ASK_HOLDS_MS));
  const times = instants(fromMs, nowMs, past.atMs, ...zones.map((one) => one.atMs), ends);
  const limit = { atMs: past.atMs, values: past.limit };
  const ceiling = { atMs: past.atMs, values: past.ceiling };
  return {
    times,
    zones: zones.map((one) => ({ zone: one.zone, ask: times.map((at) => dollarsOf(askAt(one, at))) })),
    limit: times.map((at) => dollarsOf(valueAt(limit, at))),
    ceiling: times.map((at) => dollarsOf(valueAt(ceiling, at))),
  };
};

/** @param {import('../domain/overview.ts').AskHistory} zone @param {number} at */
const askAt = (zone, at) => {
  const quoted = valueAt({ atMs: zone.atMs, values: zone.atMs }, at);
  return quoted === null || at - quoted >= ASK_HOLDS_MS
    ? null
    : valueAt({ atMs: zone.atMs, values: zone.ask }, at);
};

/** @param {number | null} price cents per node-hour */
const dollarsOf = (price) => (price === null ? null : price / GPUS_PER_NODE / 100);
