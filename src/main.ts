// The start, and the table of what stands behind each verb. The wiring itself is in the room `wiring`; every decision
// lives elsewhere.
import { existsSync } from 'node:fs';
import { runBacktest } from './backtest/backtest.ts';
import { EXIT } from './cli/exit-codes.ts';
import { runProgram } from './cli/program.ts';
import type { Shop } from './cli/shop.ts';
import { stopFilesOf } from './cli/stop-files.ts';
import { observe } from './daemon/observe.ts';
import { backUp } from './ledger/backup.ts';
import { releaseText } from './settings/release.ts';
import { ask, askDaemon, askReload } from './wiring/asking.ts';
import { besideVenue, diskOf, readerOf, recordingOf, watching } from './wiring/beside.ts';
import { RELEASE } from './wiring/machine.ts';
import { readNotices, sendTestNotices } from './wiring/notices.ts';
import { planning, probing } from './wiring/probing.ts';
import { foreseeing, readLedger, rehearsal } from './wiring/rehearsals.ts';
import { market, run } from './wiring/running.ts';
import { complain, confirm, print, progress, save, write } from './wiring/terminal.ts';
import { type Wired, load, storeOf } from './wiring/wired.ts';

const shop: Shop<Wired> = {
  version: releaseText(RELEASE),
  write,
  print,
  complain,
  load,
  run,
  market,
  backtest: runBacktest,
  progress,
  rehearse: rehearsal,
  askDaemon,
  watching,
  readLedger,
  recording: recordingOf,
  hasLedger: ({ settings }) => existsSync(storeOf(settings)),
  openLedger: readerOf,
  backUp: ({ settings }, to) => backUp({ from: storeOf(settings), to }),
  besideVenue,
  save,
  testNotices: sendTestNotices,
  readNotices,
  disk: diskOf,
  stopFiles: ({ settings }) => stopFilesOf(storeOf(settings)),
  planProbe: planning,
  probe: probing,
  confirm,
  ask,
  observe: (wired, node) => besideVenue(wired, (venue) => observe(venue, node)),
  foresee: foreseeing,
  reload: askReload,
};

// A reader that has seen enough (`| head`) closes the pipe: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

process.exitCode = await runProgram(shop, process.argv.slice(2));
