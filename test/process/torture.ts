// Torture of the real program, by a seed: it is killed, stopped (SIGSTOP) and continued, its wire drips, goes deaf or swallows
// everything, its disk is too small, and a second one is started on its ledger. In the end it is left in peace, must reach its
// target, and `bidkeeper verify` holds its ledger against the venue; the market's own records say whether anything was bought
// twice. Nothing here needs rights: the small disk is a limit on the size of files (`ulimit -f`).
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TickReport } from '../../src/domain/report.ts';
import type { MarketRecords } from '../../src/market/records.ts';
import { openBadWire, WIRE_MOODS, type BadWire } from './bad-wire.ts';
import { openFloor, type Floor } from './floor.ts';
import { runVerb, startProgram, type Answer, type Program } from './program.ts';
import { boughtTwice, isMet, mostAlive, nodesOf, runningAt } from './truths.ts';
import { until } from './until.ts';

const TORMENTS = ['kill', 'stop', 'second', 'small_disk', ...WIRE_MOODS] as const;
export type Torment = (typeof TORMENTS)[number];

const WANTED = 3;
/** Cents per node-hour. */
const CEILING = 1600;
/** Blocks of 512 bytes that a small disk has beyond the ledger as it is. */
const ROOM_BLOCKS = 24;

export interface Round {
  readonly torments: readonly Torment[];
  /** In [0, 1), one after the other. */
  readonly chance: () => number;
  /** Real time for which a torment lasts, at most. */
  readonly longestMs: number;
  readonly say?: (text: string) => void;
}

export interface Verdict {
  readonly records: MarketRecords;
  readonly report: TickReport;
  readonly verify: Answer;
  /** Answers of the daemons that were started beside the running one. */
  readonly seconds: readonly Answer[];
  readonly wireStruck: number;
  /** What is wrong; empty when every promise held. */
  readonly wrong: readonly string[];
}

/** So many torments in a drawn order. */
export const drawTorments = (count: number, chance: () => number): readonly Torment[] =>
  Array.from({ length: count }, () => TORMENTS[Math.floor(chance() * TORMENTS.length)] ?? 'kill');

const openTorture = async (): Promise<{ readonly floor: Floor; readonly wire: BadWire }> => {
  const daemon = {
    quarantine: '15m',
    deadlines: { list: '1s', change: '2s', tick: '5s', quote: '2s' },
    limits: { ceiling: '$3.00/gpu-hour', nodes: 8 },
    fleets: [
      {
        name: 'train',
        gpu: 'h100',
        gpus: 8 * WANTED,
        zones: ['hayesvalley'],
        bid: { start: '$1.25/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.00/gpu-hour' },
      },
    ],
  };
  const floor = await openFloor({
    market: {
      eviction: 'end',
      unique_names: false,
      zones: [{ name: 'hayesvalley', nodes: 8, ask: { path: [{ after: '0s', ask: '$1.40/gpu-hour' }] } }],
    },
    daemon,
  });
  const wire = await openBadWire(floor.market.url);
  floor.writeDaemon({ ...daemon, venue: { kind: 'sfcompute', base_url: wire.url } });
  return { floor, wire };
};

/** Plays a round and judges it; a round that cannot be judged throws. */
export const torture = async (round: Round): Promise<Verdict> => {
  const { floor, wire } = await openTorture();
  const seconds: Answer[] = [];
  let daemon: Program | null = null;
  try {
    daemon = await floor.start();
    await untilMet(floor, daemon);
    for (const torment of round.torments) {
      daemon ??= await floor.start();
      round.say?.(torment);
      // Something to buy, so that a torment finds requests under way.
      await floor.market.happen({ kind: 'end_node', node: null, as: 'terminated' });
      const lastsMs = 300 + round.chance() * round.longestMs;
      daemon = await endure(torment, { floor, wire, daemon, lastsMs, seconds });
    }
    daemon ??= await floor.start();
    return await judge(floor, wire, daemon, seconds);
  } finally {
    await daemon?.kill();
    await wire.close();
    await floor.close();
  }
};

interface Rack {
  readonly floor: Floor;
  readonly wire: BadWire;
  readonly daemon: Program;
  readonly lastsMs: number;
  readonly seconds: Answer[];
}

/** The daemon that lives on; null when none does. */
const endure = async (torment: Torment, rack: Rack): Promise<Program | null> => {
  const { floor, wire, daemon, lastsMs, seconds } = rack;
  switch (torment) {
    case 'kill':
      await delay(lastsMs);
      await daemon.kill();
      return null;
    case 'stop':
      daemon.signal('SIGSTOP');
      await delay(lastsMs);
      daemon.signal('SIGCONT');
      return daemon;
    case 'second':
      seconds.push(await runVerb(['run', '--config', floor.daemonFile]));
      return daemon;
    case 'small_disk':
      await daemon.kill();
      return lifeOnSmallDisk(floor, lastsMs);
    default:
      wire.setMood(torment);
      await delay(lastsMs);
      wire.setMood('clear');
      return daemon;
  }
};

/** A life in which the ledger soon cannot be written, or not even be opened; it must end by SIGKILL or say why it ended. */
const lifeOnSmallDisk = async (floor: Floor, lastsMs: number): Promise<null> => {
  const blocks = Math.max(...ledgerFiles(floor).map((path) => statSync(path).size)) / 512;
  const limits = `ulimit -f ${Math.ceil(blocks) + ROOM_BLOCKS}`;
  const program = startProgram(['run', '--config', floor.daemonFile, '--log', 'json'], { limits });
  await program.line(/holds |E_LEDGER_/);
  await floor.market.happen({ kind: 'end_node', node: null, as: 'terminated' });
  await delay(lastsMs);
  await program.kill();
  return null;
};

const ledgerFiles = (floor: Floor): readonly string[] =>
  readdirSync(floor.directory)
    .filter((name) => name.startsWith('bidkeeper.db'))
    .map((name) => join(floor.directory, name));

const judge = async (
  floor: Floor,
  wire: BadWire,
  daemon: Program,
  seconds: readonly Answer[],
): Promise<Verdict> => {
  const { records, report } = await untilMet(floor, daemon);
  const verify = await runVerb(['verify', '--config', floor.daemonFile, '--venue']);
  const limits = records.requests.map(({ limit }) => limit ?? 0);
  const wrong = [
    ...boughtTwice(records).map((text) => `bought twice: ${text}`),
    ...(mostAlive(records) > WANTED
      ? [`${mostAlive(records)} nodes lived at once, ${WANTED} are wanted`]
      : []),
    ...(Math.max(...limits) > CEILING
      ? [`a limit of ${Math.max(...limits)}, the ceiling is ${CEILING}`]
      : []),
    ...(report.contradiction === null ? [] : [`contradiction: ${report.contradiction}`]),
    ...(verify.code === 0 ? [] : [`verify ended with ${verify.code}: ${verify.out}${verify.err}`]),
    ...seconds
      .filter((one) => one.code !== 75 || !one.err.includes('E_LEASE_HELD'))
      .map((one) => `a second daemon ended with ${one.code}: ${one.err}`),
  ];
  return { records, report, verify, seconds, wireStruck: wire.struck(), wrong };
};

interface Met {
  readonly records: MarketRecords;
  readonly report: TickReport;
}

/** Waits until as many nodes run as are wanted and the books show just the nodes that live. */
const untilMet = (floor: Floor, daemon: Program): Promise<Met> =>
  until(
    'left in peace, the daemon reaches its target',
    async (): Promise<Met | null> => {
      const records = await floor.market.records();
      const report = await floor.status();
      const living = nodesOf(records).filter((node) => node.endedAtMs === null);
      const met = report !== null && isMet(report.fleets[0]) && runningAt(records, records.nowMs) === WANTED;
      return met && living.length === report.nodes.length ? { records, report } : null;
    },
    { withinMs: 240_000, seen: () => daemon.said.slice(-60).join('\n') },
  );
