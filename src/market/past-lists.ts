// Listings as they were, for the fault of a stale list. Nothing is kept while no such fault is set, so a market without it
// pays nothing. A listing of the past shares its rendered nodes with those around it, so only the maps are new.
import type { MarketState } from './state.ts';
import { renderNode } from './wire-node.ts';

/** The longest stale look that any rule asks for; 0 when none does. */
const longestAgo = (market: MarketState): number => {
  let longest = 0;
  for (const { rule } of market.rules) {
    if (rule.fault.kind === 'stale_list') longest = Math.max(longest, rule.fault.agoMs);
  }
  return longest;
};

/** Keeps the present listing when it is new and some rule may want it later. */
export const noteListing = (market: MarketState): void => {
  if (market.pastListVersion === market.version || market.rules.length === 0) return;
  const agoMs = longestAgo(market);
  if (agoMs === 0) return;
  market.pastListVersion = market.version;
  const entries = new Map<string, string>();
  for (const node of market.listed.values()) {
    if (node.hiddenUntilMs <= market.nowMs) entries.set(node.id, renderNode(node));
  }
  market.pastLists.push({ atMs: market.nowMs, entries });
  let drop = 0;
  while ((market.pastLists[drop + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= market.nowMs - agoMs) drop += 1;
  if (drop > 0) market.pastLists.splice(0, drop);
};

/** The newest kept listing that was true at `atMs` or before; the oldest one kept when none is that old; null when none is. */
export const listingAt = (market: MarketState, atMs: number): ReadonlyMap<string, string> | null => {
  let found = market.pastLists[0] ?? null;
  for (const past of market.pastLists) if (past.atMs <= atMs) found = past;
  return found?.entries ?? null;
};
