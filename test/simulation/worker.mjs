// A thread of the swarm. Before anything of the program is loaded it plants the bug it was given, if any: the source text is
// changed while it is read, and text that is not found exactly once ends the thread. Then it takes seeds, one at a time.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

const { mutant } = workerData;

if (mutant !== null) {
  const target = new URL(`../../${mutant.file}`, import.meta.url).href;
  const source = readFileSync(fileURLToPath(target), 'utf8');
  if (source.split(mutant.find).length !== 2) {
    throw new Error(
      `the planted bug "${mutant.name}" does not fit: its text stands not exactly once in ${mutant.file}`,
    );
  }
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      return {
        ...loaded,
        source: source.replace(mutant.find, () => mutant.replace),
      };
    },
  });
}

const { runSeed } = await import('./run-seed.ts');

parentPort?.on('message', (job) => {
  void runSeed(job).then((result) => parentPort?.postMessage(result));
});
