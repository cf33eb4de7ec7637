// A live run on the embedded market, through the real client and the wire, watched by the real recorder; and what that kept,
// exported and played again as a backtest: the same plans, decision for decision.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { replay } from '../../src/backtest/replay.ts';
import { GAMES, type Game } from '../../src/backtest/score.ts';
import {
  LOOKS_PER_HOUR,
  LOOK_MS,
  NOTHING,
  OUTSIDE_CENTS,
  seriesFromFolder,
  type Series,
} from '../../src/backtest/series.ts';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { BidPolicy } from '../../src/domain/policy.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { PaymentRule } from '../../src/domain/simulated-market.ts';
import { HOUR_MS, SECOND_MS } from '../../src/domain/time.ts';
import { createRecorder } from '../../src/recording/recorder.ts';
import { openRecording } from '../../src/recording/recording.ts';
import { exportRecording } from '../../src/recording/transfer.ts';
import { createWorld, fleetPolicy, marketSettings, processPolicy, START_MS } from '../simulation/world.ts';

const HOURS = 25;

const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-parity-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Asks with rises, falls, an hour above the ceiling and one with nothing for sale. */
const asks = Array.from({ length: HOURS * LOOKS_PER_HOUR + 1 }, (_, look) => {
  const hour = Math.floor(look / LOOKS_PER_HOUR);
  if (hour === 3) return 2400;
  if (hour === 5 && look % LOOKS_PER_HOUR > 4) return NOTHING;
  return 700 + 97 * (hour % 8) + 31 * ((look * 7) % 11);
});

const zone = { name: 'hayesvalley', region: 'us-west', instanceType: 'h100i', gpu: 'h100' };

const planOf = ({ atMs, decisions }: TickReport): string => {
  const told = decisions.map(({ action, limit, refusedBy, reason }) => [action, limit, refusedBy, reason]);
  return JSON.stringify([(atMs - START_MS) / SECOND_MS, told]);
};

interface Case {
  readonly bid: BidPolicy;
  readonly rule: PaymentRule;
  readonly game: Game;
}

/** Runs live and gives every plan; what was seen is exported into `to`. */
const liveRun = async ({ bid, rule, game }: Case, to: string): Promise<readonly string[]> => {
  const points = asks.map((ask, look) => ({
    afterMs: look * LOOK_MS,
    ask: ask === NOTHING ? null : centsPerNodeHour(ask),
  }));
  const settings = marketSettings({
    stepMs: LOOK_MS,
    paymentRule: rule,
    bootMs: 0,
    reservedPremium: 0,
  });
  const hold = game === 'hold' ? 'autoreserved' : 'reserved';
  const recorder = createRecorder({
    path: `${to}.recording`,
    keepMs: 366 * 24 * HOUR_MS,
    mostBytes: 64 * 1024 * 1024,
    onProblem: (message) => expect.fail(message),
  });
  const world = await createWorld({
    seen: recorder,
    market: { ...settings, zones: settings.zones.map((one) => ({ ...one, ask: { kind: 'path', points } })) },
    policy: processPolicy({
      lookGapMs: LOOK_MS,
      fleets: [
        fleetPolicy({
          bid,
          hold,
          schedule: { timeZone: 'UTC', baseGpus: 8, windows: [] },
          replaceUnhealthy: false,
        }),
      ],
    }),
  });
  const plans: string[] = [];
  const turn = async (): Promise<void> => {
    // A recorder watches at every look, also when nothing is wanted.
    world.memory().quoteWants = [{ zone, hold, nodes: 1, durationMs: HOUR_MS }];
    const report = await world.turn();
    plans.push(planOf(report));
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
  recorder.close();
  const recording = openRecording(`${to}.recording`);
  exportRecording(recording, { folder: to, outsideCents: () => OUTSIDE_CENTS, beside: new Map() });
  recording.close();
  return plans;
};

const replayed = async (at: Case, series: Series): Promise<readonly string[]> => {
  const plans: string[] = [];
  await replay({
    ...at,
    series,
    quoteAgeMs: 0,
    nodes: 1,
    depthCents: 0,
    listen: { onReport: (report) => void plans.push(planOf(report)) },
  });
  return plans;
};

describe('a recorded live run played again', () => {
  test.each(
    Object.values(SHIPPED).flatMap((bid) =>
      GAMES.flatMap((game) =>
        (['clear', 'bid'] as const).map((rule) => [bid.strategy, game, rule, bid] as const),
      ),
    ),
  )('%s in %s, where a fill costs %s, gives identical plans', async (name, game, rule, bid) => {
    const to = join(folder, `${name}-${game}-${rule}`);
    const live = await liveRun({ bid, rule, game }, to);
    const [series] = seriesFromFolder(to);
    expect(series?.asks).toEqual(asks.slice(0, series?.asks.length));
    const words =
      game === 'hold' ? ['create', 'raise', 'stand_down', 'edge'] : ['create', 'extend', 'stand_down'];
    for (const word of words) expect(live.join('\n')).toContain(word);
    const again = series === undefined ? [] : await replayed({ bid, rule, game }, series);
    expect(again.length).toBeGreaterThanOrEqual((HOURS - 1) * LOOKS_PER_HOUR);
    expect(again).toEqual(live.slice(0, again.length));
  });
});
