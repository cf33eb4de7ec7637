// Ticks that send nothing, on a copy of the ledger in memory: rehearsed at the venue, foreseen for a request, or
// reported from the ledger alone. The ledger itself is only read.
import { existsSync } from 'node:fs';
import type { Shop } from '../cli/shop.ts';
import { foresee } from '../daemon/foresee.ts';
import type { RememberedAsks } from '../daemon/market-watch.ts';
import { noVenue } from '../daemon/no-venue.ts';
import { type RehearsalDeps, rehearse } from '../daemon/rehearse.ts';
import { quoteKey } from '../domain/market.ts';
import type { TickReport } from '../domain/report.ts';
import { copyInMemory, memoryLedger } from '../ledger/memory.ts';
import { openLedger } from '../ledger/sqlite-ledger.ts';
import { RecordingError } from '../recording/errors.ts';
import { type Recording, openRecording } from '../recording/recording.ts';
import type { Settings } from '../settings/settings.ts';
import { type Connection, connectBeside } from './connections.ts';
import { operator, random, realClock, timer } from './machine.ts';
import { type Wired, storeOf } from './wired.ts';

const QUOTE_WAIT_MS = 20_000;

export const rehearsalDeps = (
  { settings, policy }: Pick<Wired, 'settings' | 'policy'>,
  { clock, venue }: Pick<Connection, 'clock' | 'venue'>,
): RehearsalDeps => ({
  clock,
  venue,
  random,
  policy: { ...policy, mode: 'live' },
  deadlines: settings.deadlines,
  changesAtOnce: 1,
  copy: async () => copyOf(storeOf(settings)),
  timer,
  remembered: rememberedAsks(settings, () => undefined),
  quoteWaitMs: QUOTE_WAIT_MS,
});

export const rehearsal = async (wired: Wired): Promise<TickReport> => {
  const connection = await connectBeside(wired.settings);
  try {
    return await rehearse(rehearsalDeps(wired, connection));
  } finally {
    await connection.close();
  }
};

export const foreseeing: Shop<Wired>['foresee'] = async (wired, asked, why) => {
  const connection = await connectBeside(wired.settings);
  try {
    return await foresee(rehearsalDeps(wired, connection), asked, { by: operator(), why });
  } finally {
    await connection.close();
  }
};

/** What jobs decide by, from before this start. A recording that cannot be read costs money, not safety: it is said and left. */
export const rememberedAsks = (settings: Settings, warn: (text: string) => void): RememberedAsks => {
  const asks = new Map<string, ReturnType<Recording['quotes']>>();
  const wanted = settings.policy.fleets.some((fleet) => fleet.jobs.length > 0);
  const path = settings.recording?.path;
  if (!wanted || path === undefined || !existsSync(path)) return asks;
  try {
    const recording = openRecording(path);
    for (const { zone, hold } of recording.questions()) {
      asks.set(quoteKey(zone, hold), recording.quotes({ zone, hold }));
    }
    recording.close();
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    warn(`jobs begin without a history of asks: ${error.message}`);
  }
  return asks;
};

const copyOf = async (path: string): ReturnType<typeof copyInMemory> => {
  if (!existsSync(path)) return memoryLedger();
  const ledger = openLedger({ path, readOnly: true });
  try {
    return await copyInMemory(ledger);
  } finally {
    ledger.close();
  }
};

export const readLedger = async ({ settings, policy }: Wired): Promise<TickReport | null> => {
  const path = storeOf(settings);
  if (!existsSync(path)) return null;
  return rehearse({
    clock: realClock,
    venue: noVenue,
    random,
    policy,
    deadlines: settings.deadlines,
    changesAtOnce: 1,
    copy: () => copyOf(path),
    timer,
    remembered: new Map(),
    quoteWaitMs: 0,
  });
};
