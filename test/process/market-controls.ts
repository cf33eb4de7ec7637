// The hands of a test in a market that runs as a process of its own: its records, its faults, its switches.
import type { FaultRule } from '../../src/market/faults.ts';
import type { RuleReport } from '../../src/market/market.ts';
import type { MarketRecords } from '../../src/market/records.ts';
import type { WorldEvent } from '../../src/market/world.ts';

export interface MarketControls {
  readonly url: string;
  readonly records: () => Promise<MarketRecords>;
  readonly addFaults: (rules: readonly FaultRule[]) => Promise<void>;
  readonly clearFaults: () => Promise<void>;
  /** Ids of the rules that have struck at least once. */
  readonly struckFaults: () => Promise<ReadonlySet<string>>;
  /** False when the event meant something that is not there. */
  readonly happen: (event: WorldEvent) => Promise<boolean>;
}

const send = (url: string, method: string, body?: object): Promise<Response> =>
  fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(10_000),
  });

const call = async (url: string, method: string, body?: object): Promise<unknown> => {
  const answer = await send(url, method, body);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
};

export const marketControls = (url: string): MarketControls => ({
  url,
  records: async () => (await call(`${url}/_market/records`, 'GET')) as MarketRecords,
  addFaults: async (rules) => void (await call(`${url}/_market/faults`, 'POST', [...rules])),
  clearFaults: async () => void (await call(`${url}/_market/faults`, 'DELETE')),
  struckFaults: async () => {
    const { rules } = (await call(`${url}/_market/faults`, 'GET')) as { rules: readonly RuleReport[] };
    return new Set(rules.filter(({ struck }) => struck > 0).map(({ id }) => id));
  },
  happen: async (event) => (await send(`${url}/_market/events`, 'POST', { event })).ok,
});
