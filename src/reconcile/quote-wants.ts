// What the quote poller should ask about: zones in which nodes are missing or waiting, and zones with a held node whose
// edge is near. A quiet world asks for nothing.
import { hourCeil, HOUR_MS, MINUTE_MS, type DurationMs } from '../domain/time.ts';
import type { Zone } from '../domain/market.ts';
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
  if (input.withdraw !== null && near.size === 0) return [];
  return zonesByPrice(input)
    .filter((zone) => missing > 0 || near.has(zone.name))
    .map((zone) => ({
      zone,
      hold: fleet.hold,
      nodes: Math.min(NODES_AT_MOST, Math.max(1, missing)),
      durationMs: fleet.hold === 'reserved' ? hourCeil(firstBlockEnd(nowMs, fleet.blockMs) - nowMs) : HOUR_MS,
    }));
};
