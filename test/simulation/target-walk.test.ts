// A target that walks from 10 nodes to 1,000 and to none: listings of many pages, thousands of changes, and every promise.
import { expect, test } from 'vitest';
import { cents } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { drawScenario } from './draw-scenario.ts';
import type { Scenario } from './scenario.ts';
import { runSwarm } from './swarm.ts';
import type { Violation } from './trace.ts';
import { fleetPolicy, marketSettings, processPolicy } from './world.ts';

const walk = (hold: 'autoreserved' | 'reserved', most: number): Scenario => {
  const [zone] = marketSettings().zones;
  if (zone === undefined) throw new Error('no zone');
  const fleet = fleetPolicy({ hold, schedule: { timeZone: 'UTC', baseGpus: 80, windows: [] } });
  const { limits, ...policy } = processPolicy({ fleets: [fleet] });
  return {
    ...drawScenario(1, 300),
    latencyMs: 0,
    tailMs: 2 * HOUR_MS,
    market: marketSettings({
      reservedPremium: 0,
      balance: cents(1_000_000_000),
      zones: [{ ...zone, capacityNodes: 1500 }],
    }),
    policy: { ...policy, limits: { ...limits, purchasesPerHour: 5000 } },
    disturbances: [
      { kind: 'walk', afterMs: 5 * MINUTE_MS, does: 'target', share: most / 10, forMs: 40 * MINUTE_MS },
      { kind: 'walk', afterMs: 50 * MINUTE_MS, does: 'target', share: 0, forMs: 90 * MINUTE_MS },
    ],
  };
};

test.for([
  ['autoreserved', 1000],
  ['reserved', 200],
] as const)('From 10 nodes, %s, to %i, to none and back', { timeout: 300_000 }, async ([hold, most]) => {
  const found: Violation[] = [];
  let steps = 0;
  await runSwarm({
    jobs: [{ seed: 1, ticks: 300, scenario: walk(hold, most) }],
    threads: 1,
    seedDeadlineMs: 240_000,
    onResult: (result) => {
      found.push(...result.violations);
      steps += result.steps;
    },
  });
  expect(found).toEqual([]);
  expect(steps).toBeGreaterThan(2 * most);
});
