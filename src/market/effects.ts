// Carries out what happens to the market by itself or by a person's hand (world.ts). An event that means a node that is not
// there, or has ended, does nothing. Prices and capacity set here are felt from the next step on.
import { correctOrder, moveBalance, refund, sellRest } from './billing.ts';
import { endNode, evictToWaiting, hasEnded, pickNode, stopVm, touch } from './node-life.ts';
import type { MarketState, NodeRow, ZoneRow } from './state.ts';
import type { Switches, WorldEvent } from './world.ts';

/** Applies the event now; false when it meant something that does not exist. */
export const applyEvent = (market: MarketState, event: WorldEvent): boolean => {
  switch (event.kind) {
    case 'end_node':
      return onLiveNode(market, event.node, (node) => takeNode(market, node, event.as));
    case 'fail_vm':
      return onLiveNode(market, event.node, (node) => stopVm(market, node, 'NodeFailure'));
    case 'hide_node':
      return onLiveNode(market, event.node, (node) => {
        node.hiddenUntilMs = market.nowMs + event.forMs;
        touch(market, node);
      });
    case 'set_ask':
      return onZone(market, event.zone, (zone) => setAsk(market, zone, event.ask));
    case 'set_capacity':
      return onZone(market, event.zone, (zone) => {
        zone.capacity = event.nodes;
      });
    case 'move_balance':
      moveBalance(market, event.cents, event.cents < 0 ? 'manual_payment' : 'credit_grant', null);
      return true;
    case 'refund':
      return refund(market, event.order, event.cents);
    case 'sell_rest':
      return sellRest(market, event.order, event.cents);
    case 'correct_order':
      return correctOrder(market, event.order, event.cents);
    case 'switch':
      market.switched = { ...market.switched, ...known(event.switches) };
      market.settings = { ...market.settings, ...market.switched };
      return true;
  }
};

const onLiveNode = (market: MarketState, idOrName: string | null, act: (node: NodeRow) => void): boolean => {
  const node = pickNode(market, idOrName);
  if (node === null || hasEnded(node)) return false;
  act(node);
  return true;
};

const onZone = (market: MarketState, name: string, act: (zone: ZoneRow) => void): boolean => {
  const zone = market.zones.get(name);
  if (zone === undefined) return false;
  act(zone);
  return true;
};

const takeNode = (
  market: MarketState,
  node: NodeRow,
  word: 'terminated' | 'failed' | 'awaitingcapacity',
): void => {
  if (word !== 'awaitingcapacity') endNode(market, node, word);
  else if (node.kind === 'autoreserved' && node.status === 'running') evictToWaiting(market, node);
  else endNode(market, node, 'terminated');
};

/** The new ask is shown at once, and standing bids meet it at the next step, as they meet every other ask. */
const setAsk = (market: MarketState, zone: ZoneRow, ask: number | null | 'source'): void => {
  zone.override = ask === 'source' ? undefined : ask;
  if (zone.override !== undefined) recordAsk(market, zone, zone.override);
};

/** Puts an ask in force and into the zone's history when it is new. */
export const recordAsk = (market: MarketState, zone: ZoneRow, ask: number | null): void => {
  const last = zone.asks.at(-1);
  zone.ask = ask;
  if (last !== undefined && last.ask === ask) return;
  zone.asks.push({ atMs: market.nowMs, ask: ask as (typeof zone.asks)[number]['ask'] });
  if (zone.asks.length >= 2 * market.bounds.asks) zone.asks.splice(0, zone.asks.length - market.bounds.asks);
};

/** Only the switches that were given, so that `undefined` never lands in the settings. */
const known = (switches: Switches): Switches =>
  Object.fromEntries(Object.entries(switches).filter(([, value]) => value !== undefined));
