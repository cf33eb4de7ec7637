// The three stops, each by verb, signal and file beside a running daemon: pause, drain, stop. What they promise outlives the
// process that was told.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFloor, type Floor } from './floor.ts';
import { killAll, runVerb, warmUp, type Answer } from './program.ts';
import { until, untilTrue } from './until.ts';

beforeAll(warmUp);
afterAll(killAll);

const open = (): Promise<Floor> =>
  openFloor({
    market: {
      zones: [{ name: 'hayesvalley', nodes: 4, ask: { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] } }],
    },
    daemon: {
      deadlines: { list: '2s', change: '2s', tick: '5s', quote: '5s' },
      limits: { ceiling: '$3.00/gpu-hour', nodes: 4 },
      fleets: [
        {
          name: 'train',
          gpu: 'h100',
          gpus: 8,
          zones: ['hayesvalley'],
          bid: { start: '$1.25/gpu-hour', ceiling: '$2.00/gpu-hour' },
        },
      ],
    },
  });

const verb = (floor: Floor, ...words: readonly string[]): Promise<Answer> =>
  runVerb([words[0] ?? '', '--config', floor.daemonFile, ...words.slice(1)]);

const untilRunning = (floor: Floor): Promise<void> =>
  untilTrue('the node runs', async () => (await floor.status())?.nodes[0]?.state === 'running');

const untilHalted = (floor: Floor, drain: boolean): Promise<string> =>
  until('the stop holds', async () => {
    const pause = (await floor.status())?.pause ?? null;
    return pause?.acknowledged === true && pause.drain === drain ? `${pause.by}: ${pause.why}` : null;
  });

const untilNobodyIsHeld = (floor: Floor): Promise<void> =>
  untilTrue('every node has gone', async () =>
    (await floor.market.records()).nodes.every(({ endedAtMs }) => endedAtMs !== null),
  );

describe.concurrent('stops', { timeout: 300_000 }, () => {
  test('a pause by signal outlives kill -9, is said everywhere with its cost, and a drain by verb then lets the node go at its paid end', async () => {
    const floor = await open();
    const program = await floor.start();
    await untilRunning(floor);
    program.signal('SIGUSR2');
    expect(await untilHalted(floor, false)).toMatch(/^signal SIGUSR2/);
    await program.line(/pause asked by signal SIGUSR2/);
    await program.line(/paused since \S+ by signal SIGUSR2 .* held nodes go on for at most \$10\.00 an hour/);
    await program.kill();
    const again = await floor.start();
    expect(await untilHalted(floor, false)).toMatch(/^signal SIGUSR2/);
    const metrics = await floor.scrape();
    const valueOf = (name: string): number => metrics.get(name)?.samples[0]?.value ?? Number.NaN;
    expect(valueOf('bidkeeper_paused')).toBe(1);
    expect(valueOf('bidkeeper_paused_since_timestamp_seconds')).toBeGreaterThan(0);
    expect(valueOf('bidkeeper_draining')).toBe(0);
    expect((await verb(floor, 'status')).out).toMatch(
      /^live, PAUSED.*\npaused since \S+ by signal SIGUSR2: .*\nheld nodes go on for at most \$\d+\.\d\d an hour/,
    );
    const drained = await verb(floor, 'drain', '--why', 'maintenance');
    expect(drained).toMatchObject({ code: 0 });
    expect(drained.out).toMatch(/^Draining: .* let go as their paid time ends/);
    await untilNobodyIsHeld(floor);
    const { nodes } = await floor.market.records();
    expect(nodes.map(({ endAtMs, endedAtMs }) => endedAtMs === endAtMs)).toEqual([true]);
    expect((await floor.status())?.fleets[0]?.wantedNodes).toBe(1);
    again.signal('SIGTERM');
    expect(await again.ended).toMatchObject({ code: 0 });
    await floor.close();
  });

  test('a drain by file holds while the file is there and against a resume; afterwards a resume buys again', async () => {
    const floor = await open();
    const file = `${floor.ledger}.drain`;
    const program = await floor.start();
    await untilRunning(floor);
    writeFileSync(file, 'moving the rack\nmore text\n');
    expect(await untilHalted(floor, true)).toBe('file bidkeeper.db.drain: moving the rack');
    const refused = await verb(floor, 'resume');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^E_STOP_FILE .*bidkeeper\.db\.drain says drain: moving the rack\. Remove/);
    await untilNobodyIsHeld(floor);
    rmSync(file);
    expect(await verb(floor, 'resume')).toMatchObject({ code: 0 });
    await untilTrue('a new node runs', async () => (await floor.market.records()).nodes.length === 2);
    await program.kill();
    await floor.close();
  });

  test('a drain by signal and a pause by file hold as well', async () => {
    const floor = await open();
    const program = await floor.start();
    await untilRunning(floor);
    writeFileSync(`${floor.ledger}.pause`, '');
    expect(await untilHalted(floor, false)).toBe('file bidkeeper.db.pause: the file exists');
    program.signal('SIGQUIT');
    expect(await untilHalted(floor, true)).toMatch(/^signal SIGQUIT/);
    await program.kill();
    await floor.close();
  });

  test('a stop by verb leaves the node running and ends the daemon; a stop file ends it too and keeps it from starting', async () => {
    const floor = await open();
    const first = await floor.start();
    await untilRunning(floor);
    expect(await verb(floor, 'stop', '--why', 'moving house')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The daemon has stopped; every node is left as it is/),
    });
    expect(await first.ended).toMatchObject({ code: 0 });
    await first.line(/asks to stop \(moving house\)/);
    expect((await floor.market.records()).nodes.map(({ endedAtMs }) => endedAtMs)).toEqual([null]);
    expect(await verb(floor, 'stop')).toMatchObject({ code: 0, out: 'No daemon runs on this ledger.\n' });
    const second = await floor.start();
    const file = `${floor.ledger}.stop`;
    writeFileSync(file, 'enough');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(await verb(floor, 'run')).toMatchObject({ code: 1, err: expect.stringMatching(/^E_STOP_FILE/) });
    expect(existsSync(file)).toBe(true);
    await floor.close();
  });
});
