// What the market's tests share: settings with sane defaults, a wire caller, and shorthands for the calls used most. No test
// looks at the market's inside; they read answers and records.
import type { CentsPerNodeHour, Cents } from '../../src/domain/money.ts';
import type { AskSource, SimulatedMarketSettings, SimulatedZone } from '../../src/domain/simulated-market.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import type { Answer } from '../../src/market/exchange.ts';
import { createMarket, type Market } from '../../src/market/market.ts';

/** 2026-11-23T14:00:00Z, on the hour. */
export const START = 1_795_442_400_000;

/** A path of asks in cents per node-hour, by offset in minutes. */
export const path = (...points: readonly (readonly [number, number | null])[]): AskSource => ({
  kind: 'path',
  points: points.map(([minutes, ask]) => ({
    afterMs: minutes * MINUTE_MS,
    ask: ask as CentsPerNodeHour | null,
  })),
});

export const zone = (ask: AskSource, over: Partial<SimulatedZone> = {}): SimulatedZone => ({
  name: 'hayesvalley',
  region: 'NorthAmerica',
  gpu: 'h100',
  instanceType: 'h100i',
  capacityNodes: 8,
  ask,
  ...over,
});

export type Over = Partial<SimulatedMarketSettings> & { readonly ask?: AskSource };

export const settingsWith = ({ ask = path([0, 1000]), ...over }: Over = {}): SimulatedMarketSettings => ({
  seed: 1,
  zones: [zone(ask)],
  stepMs: 5 * MINUTE_MS,
  paymentRule: 'clear',
  eviction: 'end',
  horizonMs: 0,
  reservedPremium: 0,
  depthCentsPerNode: 0,
  bootMs: 2 * MINUTE_MS,
  quoteDelayMs: 0,
  uniqueNames: true,
  raisingAllowed: true,
  balance: 1_000_000 as Cents,
  ...over,
});

export interface Spoken {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- the tests read JSON of many shapes
  readonly body: any;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: Answer;
}

export interface World {
  readonly market: Market;
  /** Moves to `minutes` after the start. */
  readonly at: (minutes: number) => World;
  readonly call: (method: string, path: string, body?: object | string) => Spoken;
  readonly create: (limit: number, over?: object) => Spoken;
  readonly node: (name: string) => Spoken;
  readonly raise: (procurementId: string, centsPerNodeHour: number) => Spoken;
}

export const HEADERS = { authorization: 'Bearer test' };

export const worldOver = (market: Market, startMs = START): World => {
  let nowMs = market.now();
  const call: World['call'] = (method, target, body) => {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = market.handle({ method, path: target, headers: HEADERS, body: text }, nowMs);
    const whole = answer.kind === 'response' || answer.kind === 'drip';
    return {
      answer,
      status: whole ? answer.status : 0,
      headers: whole ? answer.headers : {},
      body: whole ? parse(answer.body) : null,
    };
  };
  const world: World = {
    market,
    at: (minutes) => {
      nowMs = startMs + minutes * MINUTE_MS;
      market.advanceTo(nowMs);
      return world;
    },
    call,
    create: (limit, over = {}) =>
      call('POST', '/v1/nodes', {
        desired_count: 1,
        max_price_per_node_hour: limit,
        zone: 'hayesvalley',
        ...over,
      }),
    node: (name) => call('GET', `/v1/nodes/${name}`),
    raise: (id, price) =>
      call('PATCH', `/v0/procurements/${id}`, { buy_limit_price_per_gpu_hour: price / 8 }),
  };
  return world;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

export const openWorld = (over: Over = {}, startMs = START): World =>
  worldOver(createMarket(settingsWith(over), startMs), startMs);

/** Unix seconds `hours` after the start. */
export const hoursOn = (hours: number): number => (START + hours * HOUR_MS) / 1000;
