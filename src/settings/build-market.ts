// Turns the keys of `venue.market` into the settings of the embedded market; reads the price histories they name.
import { resolve } from 'node:path';
import type { AskSource, SimulatedMarketSettings, SimulatedZone } from '../domain/simulated-market.ts';
import { HOUR_MS } from '../domain/time.ts';
import { readAskHistory } from './ask-history.ts';
import type { Draft, Finding } from './lenient.ts';
import { type WrittenMarket, type WrittenZone, marketSchema } from './market-schema.ts';

export interface MarketContext {
  readonly directory: string;
  readonly report: (finding: Finding) => void;
}

type WrittenAsk = WrittenZone['ask'];

type WrittenCsv = Draft<Extract<WrittenAsk, { csv: string }>>;

const fromCsv = (ask: WrittenCsv, path: string, context: MarketContext): AskSource | null => {
  if (ask.csv === undefined) return null;
  const history = readAskHistory(resolve(context.directory, ask.csv));
  if (!history.ok) {
    const at = { code: 'E_SETTINGS_ASK', path: `${path}.csv`, at: 'value' } as const;
    context.report({
      ...at,
      reason: history.reason,
      remedy: 'Name a CSV file whose rows rise in time, gzipped or not',
    });
    return null;
  }
  if (ask.align === 'recorded') return { kind: 'history', points: history.points };
  const first = history.points[0]?.atMs ?? 0;
  return {
    kind: 'path',
    points: history.points.map(({ atMs, ask: price }) => ({ afterMs: atMs - first, ask: price })),
  };
};

const checkPath = (
  points: readonly { readonly afterMs: number }[],
  path: string,
  context: MarketContext,
): void => {
  const refuse = (index: number, reason: string, remedy: string): void =>
    context.report({
      code: 'E_SETTINGS_ASK',
      path: `${path}.path[${index}].after`,
      at: 'value',
      reason,
      remedy,
    });
  if (points[0] !== undefined && points[0].afterMs !== 0)
    refuse(0, 'nothing says what the ask is at first', 'Begin the path with after: 0s');
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before !== undefined && point.afterMs <= before.afterMs)
      refuse(index, 'the times of a path rise', 'Sort the path');
  }
};

const askOf = (
  ask: Draft<WrittenAsk> | undefined,
  path: string,
  context: MarketContext,
): AskSource | null => {
  if (ask === undefined) return null;
  if ('csv' in ask) return fromCsv(ask, path, context);
  if ('path' in ask) {
    const points: { readonly afterMs: number; readonly ask: AskPointAsk }[] = [];
    for (const point of ask.path ?? []) {
      if (point?.after === undefined || point.ask === undefined) return null;
      points.push({ afterMs: point.after, ask: point.ask === 'none' ? null : point.ask });
    }
    checkPath(points, path, context);
    return { kind: 'path', points };
  }
  if (
    !('mean' in ask) ||
    ask.mean === undefined ||
    ask.low === undefined ||
    ask.high === undefined ||
    ask.volatility === undefined
  )
    return null;
  const { low, mean, high, volatility } = ask;
  if (low > mean || mean > high) {
    context.report({
      code: 'E_SETTINGS_ASK',
      path: `${path}.mean`,
      at: 'value',
      reason: 'the mean lies outside low to high',
      remedy: 'Keep low ≤ mean ≤ high',
    });
  }
  return { kind: 'synthetic', mean, volatility, low, high };
};

type AskPointAsk = Extract<AskSource, { kind: 'path' }>['points'][number]['ask'];

const zoneOf = (zone: Draft<WrittenZone>, path: string, context: MarketContext): SimulatedZone | null => {
  const ask = askOf(zone.ask, `${path}.ask`, context);
  const { name, region, gpu, nodes } = zone;
  if (ask === null || name === undefined || region === undefined || gpu === undefined || nodes === undefined)
    return null;
  return { name, region, gpu, instanceType: zone.instance_type ?? `${gpu}i`, capacityNodes: nodes, ask };
};

const checkMarket = (market: Draft<WrittenMarket>, path: string, context: MarketContext): void => {
  if (market.horizon !== undefined && market.horizon !== 0 && market.horizon !== HOUR_MS) {
    context.report({
      code: 'E_SETTINGS_VALUE',
      path: `${path}.horizon`,
      at: 'value',
      reason: 'the venue buys the next hour at its beginning or an hour ahead',
      remedy: 'Write 0s or 1h',
    });
  }
  const names = (market.zones ?? []).map((zone) => zone?.name);
  for (const [index, name] of names.entries()) {
    if (name === undefined || names.indexOf(name) === index) continue;
    context.report({
      code: 'E_SETTINGS_VALUE',
      path: `${path}.zones[${index}].name`,
      at: 'value',
      reason: 'another zone has this name',
      remedy: 'Give every zone a name of its own',
    });
  }
};

/** The market's settings; null when something in them was reported. */
export const buildMarket = (
  written: Draft<WrittenMarket> | undefined,
  path: string,
  context: MarketContext,
): SimulatedMarketSettings | null => {
  const market = written ?? marketSchema.parse({});
  checkMarket(market, path, context);
  const zones = (market.zones ?? []).map((zone, index) =>
    zone === undefined ? null : zoneOf(zone, `${path}.zones[${index}]`, context),
  );
  const whole = zones.filter((zone) => zone !== null);
  if (whole.length !== zones.length || !isWhole(market)) return null;
  return {
    seed: market.seed,
    zones: whole,
    stepMs: market.step,
    paymentRule: market.payment_rule,
    eviction: market.eviction,
    horizonMs: market.horizon,
    reservedPremium: market.reserved_premium,
    depthCentsPerNode: market.depth,
    bootMs: market.boot,
    quoteDelayMs: market.quote_delay,
    uniqueNames: market.unique_names,
    raisingAllowed: market.raising_allowed,
    balance: market.balance,
  };
};

/** Every key was read; the zones were looked at one by one. */
const isWhole = (
  market: Draft<WrittenMarket>,
): market is Omit<WrittenMarket, 'zones'> & Pick<Draft<WrittenMarket>, 'zones'> =>
  Object.keys(marketSchema.shape).every((name) => market[name as keyof WrittenMarket] !== undefined);
