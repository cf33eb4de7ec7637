// Memory: the real demo process after a minute, and the daemon's heap over ten thousand ticks. Resident memory is the
// kernel's figure (Linux only), shared pages of the Node binary included.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { demoFolder, residentMb, startDemo } from './demo-process.ts';
import type { MemorySample } from './long-run.ts';

export interface DemoMemory {
  readonly afterSeconds: number;
  /** Null where the system does not tell. */
  readonly rssMb: number | null;
}

export const measureDemoMemory = async (afterSeconds: number): Promise<DemoMemory> => {
  const folder = await demoFolder();
  const demo = await startDemo(folder);
  await sleep(afterSeconds * 1000);
  const rssMb = residentMb(demo.pid);
  await demo.stop();
  folder.remove();
  return { afterSeconds, rssMb };
};

export interface LongRun {
  readonly samples: readonly MemorySample[];
  /** Of the heap after garbage collection, over the second half of the run. */
  readonly growthMbPerThousandTicks: number;
}

export const measureLongRun = async (ticks: number): Promise<LongRun> => {
  const script = fileURLToPath(new URL('long-run.ts', import.meta.url));
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const every = Math.max(1, Math.floor(ticks / 10));
  const child = spawn(process.execPath, ['--expose-gc', script, String(ticks), String(every)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const samples: MemorySample[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    samples.push(JSON.parse(line) as MemorySample);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the long run ended with ${code}`);
  return { samples, growthMbPerThousandTicks: growthOf(samples.slice(samples.length / 2)) };
};

/** Slope of the straight line through the samples (least squares), so that one odd collection does not decide. */
const growthOf = (samples: readonly MemorySample[]): number => {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const x = mean(samples.map((one) => one.ticks));
  const y = mean(samples.map((one) => one.heapMb));
  const over = samples.reduce((sum, one) => sum + (one.ticks - x) * (one.heapMb - y), 0);
  const under = samples.reduce((sum, one) => sum + (one.ticks - x) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 1000;
};
