// A scrape of /metrics: from the call to the whole text, for 1, 10 and 50 fleets whose every series exists, after a tick
// that set them all. The HTTP server around it adds the same to each and is left out.
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { holdPark } from './held-world.ts';
import { QUIET_ASK, restingDaemon } from './resting-daemon.ts';
import { spreadOf, timed, type Spread } from './statistics.ts';

export interface ScrapeTime {
  readonly fleets: number;
  readonly series: number;
  readonly bytes: number;
  readonly scrapeMs: Spread;
}

const NODES_A_FLEET = 4;

export const measureScrape = async (fleets: number, rounds: number): Promise<ScrapeTime> => {
  const world = await holdPark(fleets * NODES_A_FLEET, fleets);
  const metrics = createMetrics({
    version: 'bench',
    commit: '',
    fleets: world.policy.fleets,
    onContradiction: (text) => {
      throw new Error(text);
    },
  });
  const daemon = restingDaemon(world, { startMs: world.atMs, ask: QUIET_ASK });
  const samples: number[] = [];
  let body = '';
  for (let round = -5; round < rounds; round += 1) {
    metrics.record(await daemon.turn());
    const { value, tookMs } = await timed(() => metrics.scrape());
    if (value.status !== 200) throw new Error(value.body);
    body = value.body;
    if (round >= 0) samples.push(tookMs);
  }
  const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  return { fleets, series, bytes: Buffer.byteLength(body), scrapeMs: spreadOf(samples) };
};
