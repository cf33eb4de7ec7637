// Requests to a running daemon and questions about it: over its API where that answers, else through the ledger that
// both share. A stop is done only when the daemon has given its lease back.
import { CliError } from '../cli/errors.ts';
import type { Shop } from '../cli/shop.ts';
import { stopFilesOf } from '../cli/stop-files.ts';
import { type StopResult, request } from '../daemon/ask-beside.ts';
import type { Request } from '../daemon/requests.ts';
import { booksToBegin } from '../daemon/snapshots.ts';
import { catchUp } from '../daemon/tick.ts';
import { callFor, reloadCall, reloadFrom, resultFrom } from '../http/admin/calls.ts';
import { readTokenFile } from '../http/admin/token-file.ts';
import { type AdminAnswer, type AdminCall, askAdmin, askReport } from '../http/ask.ts';
import { leaseIfFree } from '../ledger/lease.ts';
import { openLedger } from '../ledger/sqlite-ledger.ts';
import type { TokenPlace } from '../settings/settings.ts';
import { tokenSource } from '../settings/token.ts';
import { monotonic, operator, realClock, timer } from './machine.ts';
import { type Wired, storeOf } from './wired.ts';

const STOP_WAIT_MS = 30_000;

export const askDaemon: Shop<Wired>['askDaemon'] = ({ settings }) =>
  askReport(settings.listen, apiToken(settings.api.readToken));

/** The daemon's admin API with the token that this user may use; null where there is none. */
const askRunning = async ({ settings }: Wired, call: AdminCall): Promise<AdminAnswer | null> => {
  const token = apiToken(settings.api.changeToken) ?? readTokenFile(storeOf(settings));
  return token === null ? null : askAdmin(settings.listen, token, call);
};

export const askReload: Shop<Wired>['reload'] = async (wired, options, why) =>
  reloadFrom(await askRunning(wired, reloadCall(options, { by: operator(), why })));

/** The token of a place, silently: a verb may well run where the daemon's variable is not set. */
export const apiToken = (place: TokenPlace | null): string | null => {
  if (place === null) return null;
  const read = tokenSource(place, process.env).read();
  return read.ok ? read.token.reveal() : null;
};

export const ask: Shop<Wired>['ask'] = async (wired, asked, why) => {
  const call = callFor(asked, { by: operator(), why });
  const { settings } = wired;
  const path = storeOf(settings);
  if (asked.kind === 'resume') refuseResume(path);
  const answer = await askRunning(wired, call);
  const done = answer === null ? null : await resultOf(path, asked, answer);
  if (done === null) return askLedger(wired, asked, why);
  return asked.kind === 'stop' && done.kind === 'acknowledged' ? untilGone(path, done) : done;
};

/** What a file holds, no resume ends. */
const refuseResume = (path: string): void => {
  const [file] = stopFilesOf(path);
  if (file !== undefined) throw new CliError('E_STOP_FILE', `${file.path} says ${file.how}: ${file.why}`);
};

/** What the API answered, with the books as the ledger has them now; null when it did not speak about the request. */
const resultOf = async (
  path: string,
  asked: Request,
  { status, body }: AdminAnswer,
): Promise<StopResult | null> => {
  const outcome = resultFrom(status, body);
  if (outcome === null || outcome.kind === 'failed' || outcome.kind === 'refused') return outcome;
  const ledger = openLedger({ path, readOnly: true });
  try {
    const books = booksToBegin(ledger);
    const problem = await catchUp(ledger, books);
    return problem === null ? { kind: outcome.kind, books } : { kind: 'failed', message: problem };
  } finally {
    ledger.close();
  }
};

const askLedger = async ({ settings, policy }: Wired, asked: Request, why: string): Promise<StopResult> => {
  const path = storeOf(settings);
  const lease = leaseIfFree({ path, nowMs: Date.now() });
  const ledger = openLedger({ path });
  try {
    const deps = {
      policy,
      clock: realClock,
      ledger,
      sleep: (realMs: number) => timer.sleep(realMs),
      by: operator(),
      why,
      fastClock: settings.clockSpeed !== 1,
      alone: lease !== null,
      waitMs: STOP_WAIT_MS,
    };
    const result = await request(deps, asked);
    if (asked.kind === 'stop' && result.kind === 'acknowledged') return await untilGone(path, result);
    return result;
  } finally {
    ledger.close();
    lease?.release();
  }
};

/** Waits until the daemon has given its lease back. */
const untilGone = async (
  path: string,
  result: StopResult & { kind: 'acknowledged' },
): Promise<StopResult> => {
  const until = monotonic() + STOP_WAIT_MS;
  while (monotonic() < until) {
    const lease = leaseIfFree({ path, nowMs: Date.now() });
    lease?.release();
    if (lease !== null) return result;
    await timer.sleep(200);
  }
  return { ...result, kind: 'unconfirmed' };
};
