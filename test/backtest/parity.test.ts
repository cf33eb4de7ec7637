// A live run on the embedded market, through the real client and the wire, and its recorded asks played again as a backtest:
// the same plans, decision for decision.
import { describe, expect, test } from 'vitest';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { replay } from '../../src/backtest/replay.ts';
import { LOOKS_PER_HOUR, LOOK_MS, NOTHING, type Series } from '../../src/backtest/series.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { BidPolicy } from '../../src/domain/policy.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { PaymentRule } from '../../src/domain/simulated-market.ts';
import { HOUR_MS, SECOND_MS } from '../../src/domain/time.ts';
import { createWorld, fleetPolicy, marketSettings, processPolicy, START_MS } from '../simulation/world.ts';

const HOURS = 8;

/** Asks with rises, falls, an hour above the ceiling and one with nothing for sale. */
const asks = Array.from({ length: HOURS * LOOKS_PER_HOUR + 1 }, (_, look) => {
  const hour = Math.floor(look / LOOKS_PER_HOUR);
  if (hour === 3) return 2400;
  if (hour === 5 && look % LOOKS_PER_HOUR > 4) return NOTHING;
  return 700 + 97 * hour + 31 * ((look * 7) % 11);
});

const zone = { name: 'hayesvalley', region: 'us-west', instanceType: 'h100i', gpu: 'h100' };

const planOf = ({ atMs, decisions }: TickReport): string => {
  const told = decisions.map(({ action, limit, refusedBy, reason }) => [action, limit, refusedBy, reason]);
  return JSON.stringify([(atMs - START_MS) / SECOND_MS, told]);
};

/** Runs live and gives every plan with the asks that its quotes showed. */
const liveRun = async (
  bid: BidPolicy,
  rule: PaymentRule,
): Promise<{ readonly plans: readonly string[]; readonly seen: readonly number[] }> => {
  const points = asks.map((ask, look) => ({
    afterMs: look * LOOK_MS,
    ask: ask === NOTHING ? null : centsPerNodeHour(ask),
  }));
  const settings = marketSettings({ stepMs: LOOK_MS, paymentRule: rule, bootMs: 0 });
  const world = await createWorld({
    market: { ...settings, zones: settings.zones.map((one) => ({ ...one, ask: { kind: 'path', points } })) },
    policy: processPolicy({
      lookGapMs: LOOK_MS,
      fleets: [
        fleetPolicy({
          bid,
          schedule: { timeZone: 'UTC', baseGpus: 8, windows: [] },
          replaceUnhealthy: false,
        }),
      ],
    }),
  });
  const plans: string[] = [];
  const seen: number[] = [];
  const turn = async (): Promise<void> => {
    // A recorder watches at every look, also when nothing is wanted.
    world.memory().quoteWants = [{ zone, hold: 'autoreserved', nodes: 1, durationMs: HOUR_MS }];
    const report = await world.turn();
    plans.push(planOf(report));
    if (seen.length * LOOK_MS === report.atMs - START_MS) seen.push(report.market[0]?.ask ?? NOTHING);
  };
  for (let look = 0; look < HOURS * LOOKS_PER_HOUR; look += 1) {
    world.pass(START_MS + look * LOOK_MS - world.nowMs());
    await turn();
    world.pass(SECOND_MS);
    const stands = world.market
      .records()
      .nodes.some((node) => ['pending', 'awaitingcapacity'].includes(node.status) && node.limit > 8);
    if (stands) await turn();
  }
  return { plans, seen };
};

const replayed = async (
  bid: BidPolicy,
  rule: PaymentRule,
  seen: readonly number[],
): Promise<readonly string[]> => {
  const series: Series = {
    name: 'recorded',
    family: 'recorded',
    synthetic: false,
    startMs: START_MS,
    asks: [...seen, seen.at(-1) ?? NOTHING],
    scoredFrom: 0,
  };
  const plans: string[] = [];
  await replay({
    series,
    game: 'hold',
    rule,
    quoteAgeMs: 0,
    nodes: 1,
    depthCents: 0,
    bid,
    listen: { onReport: (report) => void plans.push(planOf(report)) },
  });
  return plans;
};

describe('a recorded live run played again', () => {
  test.each(
    Object.values(SHIPPED).flatMap((bid) =>
      (['clear', 'bid'] as const).map((rule) => [bid.strategy, rule, bid] as const),
    ),
  )('%s, where a fill costs %s, gives identical plans', async (_, rule, bid) => {
    const live = await liveRun(bid, rule);
    expect(live.seen).toEqual(asks.slice(0, -1));
    for (const word of ['create', 'raise', 'stand_down', 'edge'])
      expect(live.plans.join('\n')).toContain(word);
    expect(await replayed(bid, rule, live.seen)).toEqual(live.plans);
  });
});
