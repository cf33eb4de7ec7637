// Earmarks: what every living node may still cost before it can be stopped, put aside in the quarter hours it would pay
// for; and the time up to which a bid must be let through now because the venue may buy it before the next assured look.
import { HOUR_MS, MINUTE_MS, type DurationMs, type UnixMs } from '../domain/time.ts';
import type { CentsPerNodeHour } from '../domain/money.ts';
import { isAlive, limitInForce, type Books, type NodeBook } from './books.ts';

/** The last act before an edge, at the latest. */
const LAST_ACT_MS = 3 * MINUTE_MS;
const JUMPS_TO_KNOW = 2;

/** Time that may be bought at `limit`. */
export interface Earmark {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly limit: CentsPerNodeHour;
}

/** How long before an edge a tick must decide: three minutes, or the longest time to the next assured look. */
export const actWindow = (lookGapMs: DurationMs): DurationMs => Math.max(LAST_ACT_MS, lookGapMs);

/**
 * How long before the end of bought time the venue buys the next hour. Until two jumps of `end_at` were seen the next
 * hour counts as bought when this one starts.
 */
export const renewalLead = (books: Books, node: NodeBook): DurationMs => {
  const horizon = node.horizonMs;
  const edge = horizon === null ? undefined : books.edges.get(horizon);
  if (horizon === null || edge === undefined || edge.jumps < JUMPS_TO_KNOW)
    return Math.max(HOUR_MS, horizon ?? 0);
  return Math.max(horizon, edge.leadMs);
};

/** The same for a bid that has no procurement yet: what the account's other procurements taught. */
export const expectedLead = (books: Books): DurationMs => {
  let lead: DurationMs | null = null;
  for (const [horizon, edge] of books.edges) {
    if (edge.jumps >= JUMPS_TO_KNOW) lead = Math.max(lead ?? 0, horizon, edge.leadMs);
  }
  return lead ?? HOUR_MS;
};

/** The end of the last hour the venue may buy for a bid before the next assured look. */
export const coverUntil = (nowMs: UnixMs, lookGapMs: DurationMs, leadMs: DurationMs): UnixMs =>
  (Math.floor((nowMs + actWindow(lookGapMs) + leadMs) / HOUR_MS) + 1) * HOUR_MS;

/**
 * What is put aside for a node at `nowMs`; bought time is in the books and not repeated here. A purchase that nobody has
 * seen yet may have been made when it was asked for, so its money is kept from that instant on.
 */
export const earmarksOf = (node: NodeBook, nowMs: UnixMs): readonly Earmark[] => {
  if (!isAlive(node) || node.phase === 'releasing') return [];
  // Nothing was bought before its intent, however far back our clock was set.
  const sinceMs = node.nodeId === null ? node.intendedAtMs : Math.max(nowMs, node.intendedAtMs);
  const earmarks: Earmark[] = [];
  const extension = node.extension;
  if (extension !== null) {
    earmarks.push({ fromMs: extension.endBeforeMs, toMs: extension.endAfterMs, limit: extension.limit });
  }
  if (node.hold === 'reserved') {
    const end = node.askedEndMs ?? 0;
    const fromMs = Math.max(node.askedStartMs ?? sinceMs, node.bookedToMs);
    if (node.bookedToMs === 0 && end > fromMs) earmarks.push({ fromMs, toMs: end, limit: node.limit });
    return earmarks;
  }
  const fromMs = Math.max(sinceMs, node.bookedToMs);
  if (node.authorisedUntilMs > fromMs) {
    earmarks.push({ fromMs, toMs: node.authorisedUntilMs, limit: limitInForce(node) });
  }
  return earmarks;
};
