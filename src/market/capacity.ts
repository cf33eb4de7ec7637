// What of a zone is for sale in an hour, and at which price. Time is sold by UTC clock hours; a node sold for part of an
// hour takes its place for all of it. At the start of an hour the nodes that may renew keep their places until they have
// been asked (step 4 of DESIGN §10). Our own purchases move the ask only when the settings give a depth.
import { HOUR_MS, type UnixMs } from '../domain/time.ts';
import type { MarketState, ZoneRow } from './state.ts';

export const hourNumber = (at: UnixMs): number => Math.floor(at / HOUR_MS);

const soldIn = (zone: ZoneRow, hour: number): number => zone.sold.get(hour) ?? 0;

/** Nodes for sale to a newcomer in an hour, never negative. */
export const freeIn = (market: MarketState, zone: ZoneRow, hour: number): number => {
  const kept = hour * HOUR_MS === market.nowMs ? (zone.renewing.get(hour) ?? 0) : 0;
  return Math.max(0, zone.capacity - soldIn(zone, hour) - kept);
};

/** True when an hour is not sold out; for a renewal, which does not compete with other renewals' kept places. */
export const hasPlace = (zone: ZoneRow, hour: number): boolean => soldIn(zone, hour) < zone.capacity;

/** Cents per node-hour for the next node after `further` more in an hour; null when nothing is for sale. */
export const askIn = (market: MarketState, zone: ZoneRow, hour: number, further = 0): number | null =>
  zone.ask === null ? null : zone.ask + market.settings.depthCentsPerNode * (soldIn(zone, hour) + further);

export const sell = (zone: ZoneRow, fromMs: UnixMs, toMs: UnixMs): void => {
  for (let hour = hourNumber(fromMs); hour * HOUR_MS < toMs; hour += 1)
    zone.sold.set(hour, soldIn(zone, hour) + 1);
};

/** Adds (or with -1 takes back) a held node that may renew into the hour that begins at `endMs`. */
export const keepPlace = (zone: ZoneRow, endMs: UnixMs, change: 1 | -1): void => {
  const hour = hourNumber(endMs);
  const kept = (zone.renewing.get(hour) ?? 0) + change;
  if (kept === 0) zone.renewing.delete(hour);
  else zone.renewing.set(hour, kept);
};

/** Forgets hours that are over. */
export const forgetHours = (zone: ZoneRow, nowMs: UnixMs): void => {
  const current = hourNumber(nowMs);
  for (const hour of zone.sold.keys()) if (hour < current) zone.sold.delete(hour);
};

export interface Availability {
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  readonly nodes: number;
}

/** Free nodes from now over the next `hours` clock hours; hours with the same number are joined, empty ones left out. */
export const availability = (market: MarketState, zone: ZoneRow, hours: number): readonly Availability[] => {
  if (zone.ask === null) return [];
  const current = hourNumber(market.nowMs);
  const found: { fromMs: number; toMs: number; nodes: number }[] = [];
  for (let hour = current; hour < current + hours; hour += 1) {
    const nodes = freeIn(market, zone, hour);
    const fromMs = hour === current ? market.nowMs : hour * HOUR_MS;
    const last = found.at(-1);
    if (last !== undefined && last.nodes === nodes && last.toMs === fromMs) last.toMs = (hour + 1) * HOUR_MS;
    else found.push({ fromMs, toMs: (hour + 1) * HOUR_MS, nodes });
  }
  return found.filter((span) => span.nodes > 0);
};
