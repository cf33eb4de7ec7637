// Says, as the very last thing of a test run, which groups did not run because a program of the system is missing: a skipped
// test among hundreds of passed ones is overlooked.
import type { Reporter, TestModule } from 'vitest/node';

/** Stands in the title of a group that did not run. */
export const NOT_RUN = 'NOT RUN';

export default class NotRunReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const titles = modules.flatMap((module) =>
      [...module.children.allSuites()]
        .filter((suite) => suite.name.includes(NOT_RUN))
        .map((suite) => `  ${module.relativeModuleId}: ${suite.name}`),
    );
    if (titles.length === 0) return;
    const count = titles.length === 1 ? 'One group' : `${titles.length} groups`;
    process.stderr.write(`\n!!! ${count} of tests DID NOT RUN on this machine:\n${titles.join('\n')}\n\n`);
  }
}
