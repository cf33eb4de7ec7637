// The HTTP API that changes and asks, wired to a running daemon: its tokens, and what stands behind each call.
// What a stop file holds, the API does not resume.
import { stopFilesOf } from '../cli/stop-files.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { foresee } from '../daemon/foresee.ts';
import { observe } from '../daemon/observe.ts';
import type { Reloader } from '../daemon/reloader.ts';
import type { LedgerRecord } from '../domain/entry.ts';
import type { AdminOptions } from '../http/admin/admin.ts';
import { ensureTokenFile, tokenFileOf } from '../http/admin/token-file.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { TokenSource } from '../ports/token.ts';
import type { Settings, TokenPlace } from '../settings/settings.ts';
import { openToken } from '../settings/token.ts';
import type { Log } from '../telemetry/log.ts';
import type { Connection } from './connections.ts';
import { VERSION } from './machine.ts';
import { rehearsalDeps } from './rehearsals.ts';
import { storeOf } from './wired.ts';

interface ApiTokens {
  readonly read: () => string | null;
  readonly change: () => string | null;
  readonly all: () => readonly string[];
}

/** The tokens of the settings; without a changing one, the one that is made beside the ledger. */
export const apiTokens = (settings: Settings, path: string, warn: (text: string) => void): ApiTokens => {
  const { readToken, changeToken } = settings.api;
  const source = (place: TokenPlace | null): TokenSource | null =>
    place === null ? null : openToken(place, process.env, warn);
  const reading = source(readToken);
  const changing = source(changeToken);
  const made = changing === null ? ensureTokenFile(path) : null;
  if (changing === null && made === null)
    warn(`${tokenFileOf(path)} cannot be used: nothing can be changed over HTTP`);
  const read = (): string | null => reading?.current() ?? null;
  const change = (): string | null => changing?.current() ?? made;
  return { read, change, all: () => [read(), change()].filter((one) => one !== null) };
};

interface AdminParts {
  readonly daemon: Daemon;
  readonly ledger: Ledger;
  readonly connection: Connection;
  readonly reload: Reloader;
  readonly inForce: () => Settings;
  readonly tokens: ApiTokens;
  readonly log: Log;
}

export const adminOf = (settings: Settings, parts: AdminParts): AdminOptions => {
  const { daemon, ledger, connection, reload, inForce, tokens, log } = parts;
  const path = storeOf(settings);
  return {
    version: VERSION,
    access: {
      hosts: [...settings.api.hosts, settings.listen.host],
      readToken: tokens.read,
      changeToken: tokens.change,
      reachable: settings.api.readToken !== null && settings.api.changeToken !== null,
    },
    deps: {
      lastReport: daemon.lastReport,
      books: daemon.books,
      records: (after, limit) => recordsAfter(ledger, after ?? Math.max(0, ledger.head() - limit), limit),
      ask: async (asked, who) => {
        const [file] = asked.kind === 'resume' ? stopFilesOf(path) : [];
        const message = file === undefined ? '' : `${file.path} says ${file.how}: ${file.why}`;
        const result =
          file === undefined
            ? await daemon.ask(asked, who)
            : ({ kind: 'refused', code: 'E_STOP_FILE', message } as const);
        log.info(`${asked.kind} asked by ${who.by} (${who.why}) over the API: ${result.kind}`);
        return result;
      },
      reload,
      observe: (node) => observe(connection.venue, node),
      foresee: (asked, who) => {
        const now = inForce();
        return foresee(rehearsalDeps({ settings: now, policy: now.policy }, connection), asked, who);
      },
    },
  };
};

const recordsAfter = async (
  ledger: Pick<Ledger, 'read'>,
  after: number,
  limit: number,
): Promise<readonly LedgerRecord[]> => {
  const found: LedgerRecord[] = [];
  for await (const batch of ledger.read(after)) {
    found.push(...batch.slice(0, limit - found.length));
    if (found.length >= limit) break;
  }
  return found;
};
