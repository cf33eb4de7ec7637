// Makes a failing scenario small: disturbances are left out in halves, then one by one, then turns of the pace are cut off,
// then nodes, as long as the same promise still breaks. What is left is what a person reads.
import { judgeRun } from './checks/all.ts';
import { within } from './draw-scenario.ts';
import { runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  /** Runs that it took. */
  readonly tries: number;
}

interface Hunt {
  best: Scenario;
  tries: number;
  readonly triesMax: number;
  /** Takes a smaller scenario when the promise still breaks in it. */
  readonly take: (candidate: Scenario) => Promise<boolean>;
}

/** `promise`: what must still break. At most `triesMax` runs. */
export const shrink = async (scenario: Scenario, promise: string, triesMax = 150): Promise<Shrunk> => {
  const hunt: Hunt = {
    best: scenario,
    tries: 0,
    triesMax,
    take: async (candidate) => {
      if (hunt.tries >= triesMax) return false;
      hunt.tries += 1;
      const breaks = judgeRun(await runScenario(candidate)).some((one) => one.promise === promise);
      if (breaks) hunt.best = candidate;
      return breaks;
    },
  };
  await fewerDisturbances(hunt);
  await fewerTicks(hunt);
  await fewerNodes(hunt);
  return { scenario: hunt.best, tries: hunt.tries };
};

const fewerDisturbances = async (hunt: Hunt): Promise<void> => {
  for (let size = hunt.best.disturbances.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < hunt.best.disturbances.length && hunt.tries < hunt.triesMax;) {
      const left = hunt.best.disturbances.filter((_, index) => index < from || index >= from + size);
      if (!(await hunt.take({ ...hunt.best, disturbances: left }))) from += size;
    }
  }
};

const fewerTicks = async (hunt: Hunt): Promise<void> => {
  for (const share of [0.1, 0.25, 0.5, 0.75]) {
    const ticks = Math.ceil(hunt.best.ticks * share);
    const spanMs = ticks * hunt.best.tickEveryMs;
    const disturbances = hunt.best.disturbances
      .filter((one) => one.afterMs < spanMs)
      .map((one) => within(one, spanMs));
    if (await hunt.take({ ...hunt.best, ticks, disturbances })) return;
  }
};

const fewerNodes = async (hunt: Hunt): Promise<void> => {
  const { policy } = hunt.best;
  const [first] = policy.fleets;
  if (policy.fleets.length > 1 && first !== undefined)
    await hunt.take({ ...hunt.best, policy: { ...policy, fleets: [first] } });
  const fleets = hunt.best.policy.fleets.map((fleet) => ({
    ...fleet,
    schedule: { ...fleet.schedule, baseGpus: Math.min(8, fleet.schedule.baseGpus) },
  }));
  await hunt.take({ ...hunt.best, policy: { ...policy, fleets } });
};
