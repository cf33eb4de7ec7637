// Short scenarios in which every single step is a place to die: each asks for nodes, loses an answer or two, and meets an
// edge or a settings change within a few minutes of ticks. `jobsOf` gives one run for each step of each of them.
import { MINUTE_MS } from '../../src/domain/time.ts';
import type { Fault } from '../../src/market/faults.ts';
import { drawScenario } from './draw-scenario.ts';
import { runScenario } from './run.ts';
import type { Aim, Disturbance, Scenario } from './scenario.ts';
import type { SeedJob } from './swarm.ts';

const TICKS = 10;
/** Past the hour in which releasing nodes run out. */
const TAIL_MS = 80 * MINUTE_MS;

const once = (kind: string, aim: Aim, fault: Fault): Disturbance => ({
  afterMs: 0,
  kind,
  does: 'wire',
  forMs: 4 * MINUTE_MS,
  aim,
  probability: 1,
  times: 1,
  fault,
});

const DISTURBANCES: readonly Disturbance[] = [
  once('create_lost_after_commit', 'creates', { kind: 'lost_after_commit' }),
  once('create_hangs', 'creates', { kind: 'hang', commit: true }),
  once('create_refused', 'creates', { kind: 'status', status: 402 }),
  once('late_commit', 'creates', { kind: 'late_commit', afterMs: 2 * MINUTE_MS }),
  once('raise_lost', 'raises', { kind: 'lost_after_commit' }),
  { afterMs: 2 * MINUTE_MS, kind: 'target_falls', does: 'target', share: 0, forMs: 2 * MINUTE_MS },
  { afterMs: 2 * MINUTE_MS, kind: 'pause', does: 'pause', forMs: 2 * MINUTE_MS },
];

/** Scenario number `number`, from 0: a drawn market and settings with one disturbance, or none. */
const crashScenario = (number: number): Scenario => {
  const drawn = drawScenario(9000 + number, TICKS);
  const disturbance = DISTURBANCES[number % (DISTURBANCES.length + 1)];
  const fleets = drawn.policy.fleets
    .slice(0, 1)
    .map((fleet) => ({ ...fleet, budget: {}, replaceUnhealthy: true, blockMs: 60 * MINUTE_MS }));
  return {
    ...drawn,
    tailMs: TAIL_MS,
    policy: { ...drawn.policy, quarantineMs: 3 * MINUTE_MS, fleets },
    disturbances: disturbance === undefined ? [] : [disturbance],
  };
};

/** One run for each step of scenario `number`; the seed is that of the scenario. */
export const crashJobs = async (number: number): Promise<readonly SeedJob[]> => {
  const scenario = crashScenario(number);
  const { stepsDisturbed } = await runScenario(scenario);
  return Array.from({ length: stepsDisturbed }, (_, index) => ({
    seed: scenario.seed,
    ticks: scenario.ticks,
    scenario: { ...scenario, dieAtSteps: [index + 1] },
  }));
};
