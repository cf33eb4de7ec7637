// What the bought hours would have cost otherwise, beside what they did: at the fleet's ceiling, at the vendor's default (a limit of
// half as much again as the ask when a node was started, and paid), and as reserved blocks. Folded from the ledger as time is booked,
// so the sums only grow. Where a price is not known the hours count at what they cost, so that no saving is claimed for them.
import type { ReferencesChanged } from '../domain/entry.ts';
import { quoteKey, type MarketView } from '../domain/market.ts';
import { ceilLimit, type CentsPerNodeHour } from '../domain/money.ts';
import type { FleetPolicy } from '../domain/policy.ts';
import { REFERENCES, type Reference } from '../domain/report.ts';
import { HOUR_MS, type UnixMs } from '../domain/time.ts';
import type { Books, FleetBook, NodeBook } from './books.ts';

/** The vendor's tools bid one and a half times the ask. */
const VENDOR_FACTOR = 1.5;
/** How often a moving price of blocks is written down. */
const NOTED_EVERY_MS = HOUR_MS;
/** A price of blocks older than this is not written down. */
const BLOCK_QUOTE_AGE_MS = 2 * HOUR_MS;

export type ReferencePrices = Readonly<Record<Reference, CentsPerNodeHour>>;

/** What an hour of a node costs under each reference; `paid` is what it probably costs. */
export const referencePrices = (
  { references: known }: Pick<FleetBook, 'references'>,
  node: Pick<NodeBook, 'startAsk'>,
  paid: CentsPerNodeHour,
): ReferencePrices => ({
  ceiling: known?.ceiling ?? paid,
  vendor_default: node.startAsk === null ? paid : ceilLimit(node.startAsk * VENDOR_FACTOR),
  all_reserved: known?.block ?? paid,
});

/** Counts booked time of a node. */
export const countReferences = (
  fleet: FleetBook,
  node: NodeBook,
  seconds: number,
  paid: CentsPerNodeHour,
): void => {
  const prices = referencePrices(fleet, node, paid);
  for (const one of REFERENCES) fleet.referenceCost[one] += prices[one] * seconds;
};

export const noReferences = (): Record<Reference, number> =>
  Object.fromEntries(REFERENCES.map((one) => [one, 0])) as Record<Reference, number>;

/** What has to be written so that the hours booked from now on are compared with the prices of now; null when nothing has. */
export const referencesChange = (
  books: Books,
  market: MarketView,
  fleet: FleetPolicy,
  nowMs: UnixMs,
): ReferencesChanged | null => {
  const known = books.fleets.get(fleet.name)?.references ?? null;
  const { ceiling } = fleet.bid;
  const block = cheapestBlock(market, fleet, nowMs) ?? known?.block ?? null;
  const isDue = known?.block == null || nowMs - known.atMs >= NOTED_EVERY_MS;
  if (known?.ceiling === ceiling && (block === known.block || !isDue)) return null;
  return { kind: 'references_changed', fleet: fleet.name, ceiling, block };
};

const cheapestBlock = (market: MarketView, fleet: FleetPolicy, nowMs: UnixMs): CentsPerNodeHour | null => {
  let least: CentsPerNodeHour | null = null;
  for (const { name, gpu } of market.zones) {
    if (gpu !== fleet.gpu || (fleet.zones !== 'any' && !fleet.zones.includes(name))) continue;
    const quote = market.quotes.get(quoteKey(name, 'reserved'));
    if (quote?.ask == null || nowMs - quote.askedAtMs > BLOCK_QUOTE_AGE_MS) continue;
    if (least === null || quote.ask < least) least = quote.ask;
  }
  return least;
};
