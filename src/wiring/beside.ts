// Verbs that look on while a daemon may be running: its ledger, its recording, its venue, its disk, and its live status.
// None of them takes the lease or spends.
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LedgerReader, Shop } from '../cli/shop.ts';
import { listenForStop } from '../cli/stop-signals.ts';
import { askOverview } from '../http/ask.ts';
import { openLedger } from '../ledger/sqlite-ledger.ts';
import { verifyChain } from '../ledger/verify.ts';
import { RecordingError } from '../recording/errors.ts';
import { type Recording, openRecording } from '../recording/recording.ts';
import { copyRecording, exportRecording, importInto } from '../recording/transfer.ts';
import { apiToken } from './asking.ts';
import { connectBeside } from './connections.ts';
import { monotonic, timer } from './machine.ts';
import { type Wired, storeOf } from './wired.ts';

export const readerOf = ({ settings }: Wired): LedgerReader => {
  const path = storeOf(settings);
  const ledger = openLedger({ path, readOnly: true });
  return {
    path,
    head: ledger.head,
    read: ledger.read,
    ...(ledger.snapshots === undefined ? {} : { snapshots: ledger.snapshots }),
    checkChain: () => verifyChain(ledger),
    close: ledger.close,
  };
};

export const recordingOf: Shop<Wired>['recording'] = ({ settings }) => {
  if (settings.recording === null) throw new RecordingError('E_RECORDING_OFF', 'recording is off');
  const { path } = settings.recording;
  const reading = <Result>(use: (recording: Recording) => Result): Result => {
    const recording = openRecording(path);
    try {
      return use(recording);
    } finally {
      recording.close();
    }
  };
  return {
    summary: () => reading((recording) => recording.summary()),
    exportTo: (options) => reading((recording) => exportRecording(recording, options)),
    copyTo: (file) => reading((recording) => copyRecording(recording, file)),
    importFrom: (options) => importInto(path, options),
  };
};

export const besideVenue: Shop<Wired>['besideVenue'] = async ({ settings }, use) => {
  const connection = await connectBeside(settings);
  try {
    return await use(connection.venue);
  } finally {
    await connection.close();
  }
};

export const diskOf: Shop<Wired>['disk'] = ({ settings }) => {
  const path = dirname(settings.storePath);
  try {
    const { bavail, bsize } = statfsSync(path);
    return { path, freeBytes: bavail * bsize };
  } catch {
    return null;
  }
};

export const watching: Shop<Wired>['watching'] = ({ settings }) => {
  const told = listenForStop();
  const { stdout } = process;
  const screen = { columns: () => stdout.columns, rows: () => stdout.rows };
  return {
    ask: () => askOverview(settings.listen, apiToken(settings.api.readToken)),
    screen: stdout.isTTY ? screen : null,
    write: (text) => void stdout.write(text),
    monotonic,
    sleep: (realMs) => timer.sleep(realMs, told.signal),
    stopped: () => told.signal.aborted,
  };
};
