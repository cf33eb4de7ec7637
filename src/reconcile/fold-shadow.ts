// The shadow side of fold: what strategies that only watch would have bought, and what of it still runs.
import type { ShadowBought } from '../domain/entry.ts';
import { HOUR_MS, MINUTE_MS, secondsBetween } from '../domain/time.ts';
import type { Books, ShadowBook } from './books.ts';
import { fleetBook } from './fold-money.ts';

/** What a start wastes: paid, and not useful. */
const BOOT_SECONDS = (10 * MINUTE_MS) / 1000;
/** Time that ended this long ago is in nobody's way any more; a renewal is judged soon after the end. */
const ENDED_KEPT_MS = HOUR_MS;

export const buyAsShadow = (books: Books, entry: ShadowBought): void => {
  const shadow = shadowBook(books, entry.fleet, entry.strategy);
  const { zone, nodes, starts, fromMs, toMs, limit, price } = entry;
  const seconds = secondsBetween(fromMs, toMs);
  shadow.cost += price * seconds * nodes;
  shadow.nodeSeconds += seconds * nodes - Math.min(seconds, BOOT_SECONDS) * starts;
  const others = shadow.held.flatMap((one) => {
    if (one.endAtMs <= fromMs - ENDED_KEPT_MS) return [];
    const goesOn = starts === 0 && one.zone === zone && one.endAtMs === fromMs;
    const left = goesOn ? one.nodes - nodes : one.nodes;
    return left > 0 ? [{ ...one, nodes: left }] : [];
  });
  const same = others.find((one) => one.zone === zone && one.endAtMs === toMs);
  const bought = { zone, nodes: nodes + (same?.nodes ?? 0), endAtMs: toMs, limit };
  shadow.held = [...others.filter((one) => one !== same), bought];
};

const shadowBook = (books: Books, fleet: string, strategy: string): ShadowBook => {
  const { shadows } = fleetBook(books, fleet);
  const known = shadows.get(strategy);
  if (known !== undefined) return known;
  const fresh: ShadowBook = { cost: 0, nodeSeconds: 0, held: [] };
  shadows.set(strategy, fresh);
  return fresh;
};
