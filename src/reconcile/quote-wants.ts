// What the quote poller should ask about: zones in which nodes are missing or waiting, zones with a held node whose edge is
// near or that shadows watch, and now and then every zone, so that the market is known (and recorded) also while nothing is bought.
import { hourCeil, HOUR_MS, MINUTE_MS, type DurationMs } from '../domain/time.ts';
import { quoteKey, type Zone } from '../domain/market.ts';
import type { HoldKind } from '../domain/node.ts';
import { firstBlockEnd } from './plan-blocks.ts';
import { edgeLead } from './plan-letting-go.ts';
import { zonesByPrice, type PlanInput } from './scene.ts';
import { isAlive, nodesOf } from './books.ts';

export interface QuoteWant {
  readonly zone: Zone;
  readonly hold: HoldKind;
  readonly nodes: number;
  readonly durationMs: DurationMs;
}

/** Before an edge quotes are wanted this long ahead, so that the first act has one. */
const BEFORE_EDGE_MS = 15 * MINUTE_MS;
const NODES_AT_MOST = 1024;
/** What the fleet does not buy (blocks beside bids, or bids beside blocks) is asked for only to be compared with. */
const OTHER_KIND_EVERY_MS = HOUR_MS;
const JOBS_EVERY_MS = 5 * MINUTE_MS;

export const quoteWants = (input: PlanInput): readonly QuoteWant[] => {
  const { books, fleet, desire, nowMs } = input;
  const near = new Set<string>();
  let covered = 0;
  let open = 0;
  for (const node of nodesOf(books, fleet.name)) {
    if (!isAlive(node) || node.phase === 'releasing') continue;
    covered += 1;
    if (node.phase !== 'running') open += 1;
    const lead = node.hold === 'reserved' ? fleet.extendLeadMs : edgeLead(input, node);
    if (node.endAtMs !== null && nowMs >= node.endAtMs - lead - BEFORE_EDGE_MS) near.add(node.zone);
  }
  const missing = Math.max(0, desire.nodes - covered) + open;
  const buying = missing > 0 && (input.withdraw === null || near.size > 0);
  const nodes = Math.min(NODES_AT_MOST, Math.max(1, missing));
  const durationMs = hourCeil(firstBlockEnd(nowMs, fleet.blockMs) - nowMs);
  const want = (zone: Zone, hold: HoldKind): QuoteWant => ({
    zone,
    hold,
    nodes,
    durationMs: hold === 'reserved' ? durationMs : HOUR_MS,
  });
  const other = fleet.hold === 'reserved' ? 'autoreserved' : 'reserved';
  const { askEveryMs } = input.policy;
  // A job that waits for cheap hours has to see them.
  const ownEveryMs = fleet.jobs.some((job) => nowMs < job.byMs)
    ? Math.min(askEveryMs ?? JOBS_EVERY_MS, JOBS_EVERY_MS)
    : askEveryMs;
  return zonesByPrice(input).flatMap((zone) => [
    ...(buying ||
    fleet.shadows.length > 0 ||
    near.has(zone.name) ||
    isDue(input, zone, fleet.hold, ownEveryMs)
      ? [want(zone, fleet.hold)]
      : []),
    ...(askEveryMs !== null && isDue(input, zone, other, OTHER_KIND_EVERY_MS) ? [want(zone, other)] : []),
  ]);
};

/** True when the newest answer is this old, or none is known. */
const isDue = (
  { market, nowMs }: PlanInput,
  zone: Zone,
  hold: HoldKind,
  everyMs: DurationMs | null,
): boolean => {
  const quote = market.quotes.get(quoteKey(zone.name, hold));
  return everyMs !== null && (quote === undefined || nowMs - quote.askedAtMs >= everyMs);
};
