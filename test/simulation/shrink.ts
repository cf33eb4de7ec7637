// Makes a failing scenario small: disturbances are left out in halves, then one by one, then turns of the pace are cut off,
// then nodes, as long as the same promise still breaks. What is left is what a person reads.
import { judgeRun } from './checks/all.ts';
import { runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  readonly tries: number;
}

/** `promise`: what must still break. At most `triesMax` runs. */
export const shrink = async (scenario: Scenario, promise: string, triesMax = 150): Promise<Shrunk> => {
  let best = scenario;
  let tries = 0;
  const stillBreaks = async (candidate: Scenario): Promise<boolean> => {
    tries += 1;
    return judgeRun(await runScenario(candidate)).some((violation) => violation.promise === promise);
  };
  for (
    let size = Math.ceil(best.disturbances.length / 2);
    size >= 1 && tries < triesMax;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < best.disturbances.length && tries < triesMax;) {
      const disturbances = best.disturbances.filter((_, index) => index < from || index >= from + size);
      const candidate = { ...best, disturbances };
      if (await stillBreaks(candidate)) best = candidate;
      else from += size;
    }
  }
  for (const share of [0.1, 0.25, 0.5, 0.75]) {
    const ticks = Math.ceil(best.ticks * share);
    const spanMs = ticks * best.tickEveryMs;
    if (tries >= triesMax || best.disturbances.some((one) => one.afterMs > spanMs)) continue;
    const candidate = { ...best, ticks };
    if (!(await stillBreaks(candidate))) continue;
    best = candidate;
    break;
  }
  const fewer = withFewerNodes(best);
  if (tries < triesMax && (await stillBreaks(fewer))) best = fewer;
  return { scenario: best, tries };
};

const withFewerNodes = (scenario: Scenario): Scenario => {
  const fleets = scenario.policy.fleets.slice(0, 1).map((fleet) => ({
    ...fleet,
    schedule: { ...fleet.schedule, baseGpus: Math.min(8, fleet.schedule.baseGpus) },
  }));
  return { ...scenario, policy: { ...scenario.policy, fleets } };
};
