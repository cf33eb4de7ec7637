// A shop for the verbs: a ledger in memory, settings that are values, everything that is printed kept.
import type { LedgerRecord } from '../../src/domain/entry.ts';
import type { Look } from '../../src/domain/look.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { ReloadAnswer } from '../../src/daemon/reloader.ts';
import type { Candidate } from '../../src/reconcile/handover.ts';
import type { StopResult } from '../../src/daemon/ask-beside.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { LoadedSettings, NoticesView, NoticeTest, Shop } from '../../src/cli/shop.ts';
import type { AskedVenue } from '../../src/cli/doctor/facts.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { LedgerError } from '../../src/ledger/errors.ts';
import { memoryLedger } from '../../src/ledger/memory.ts';
import { verifyChain } from '../../src/ledger/verify.ts';
import type { SnapshotStore } from '../../src/ports/ledger.ts';
import type { Reading } from '../../src/ports/venue.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { processPolicy } from '../simulation/world.ts';

export interface ShopWishes {
  /** Null: there is no ledger yet. */
  readonly records?: readonly LedgerRecord[] | null;
  readonly snapshots?: SnapshotStore;
  readonly policy?: Policy;
  readonly hash?: string;
  /** Null: the clock runs fast. */
  readonly nowMs?: number | null;
  readonly live?: TickReport | null;
  readonly fromLedger?: TickReport | null;
  readonly rehearsal?: TickReport;
  readonly stopped?: StopResult;
  readonly noticeTests?: readonly NoticeTest[];
  readonly notices?: NoticesView;
  readonly disk?: ReturnType<Shop['disk']>;
  readonly stopFiles?: ReturnType<Shop['stopFiles']>;
  readonly confirms?: boolean;
  readonly realMoney?: boolean;
  readonly asked?: Partial<AskedVenue>;
  readonly candidate?: Candidate;
  readonly foreseen?: readonly string[] | string;
  readonly reloaded?: ReloadAnswer;
  readonly look?: Reading<Look>;
  readonly problems?: readonly { readonly line: string; readonly code: string }[];
  readonly warnings?: readonly string[];
}

export interface Run {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly files: ReadonlyMap<string, string>;
  /** The verbs of the shop that were called, with what they were given. */
  readonly called: readonly string[];
}

/** Runs one command line in a shop of its own. */
export const runIn = async (wishes: ShopWishes, ...argv: readonly string[]): Promise<Run> => {
  const heard = { out: '', err: '' };
  const files = new Map<string, string>();
  const called: string[] = [];
  const policy = wishes.policy ?? processPolicy();
  const settings: LoadedSettings = {
    file: 'given.yaml',
    policy,
    hash: wishes.hash ?? 'present',
    nowMs: () => wishes.nowMs ?? null,
    realMoney: wishes.realMoney ?? false,
    warnings: wishes.warnings ?? [],
    explain: () => 'the settings in words',
    outlook: () => ({ targets: 'the targets', worstCase: 'the worst case', json: { worst: 1 } }),
  };
  const report = (): TickReport => {
    if (wishes.rehearsal === undefined) throw new Error('no rehearsal was given');
    return wishes.rehearsal;
  };
  const shop: Shop = {
    version: '1.2.3',
    write: (text) => void (heard.out += `${text}\n`),
    print: async (text) => void (heard.out += text),
    complain: (text) => void (heard.err += `${text}\n`),
    load: (file) => {
      called.push(`load ${file}`);
      return wishes.problems === undefined
        ? { ok: true, settings }
        : { ok: false, problems: wishes.problems };
    },
    run: async (_, options) => {
      called.push(`run ${JSON.stringify(options)}`);
      return 0;
    },
    market: async (_, options) => {
      called.push(`market ${options.port}`);
      return 0;
    },
    backtest: async (request, onProgress) => {
      called.push(`backtest ${JSON.stringify(request)}`);
      onProgress('half way');
      return { text: 'the table', json: { rows: [] }, page: async () => '<!doctype html>' };
    },
    progress: () => undefined,
    rehearse: async () => report(),
    askDaemon: async () => wishes.live ?? null,
    watching: () => {
      throw new Error('nobody watches here');
    },
    readLedger: async () => wishes.fromLedger ?? null,
    recording: () => {
      const question = { zone: 'hayesvalley', hold: 'autoreserved', gpu: 'h100', quotes: 9 } as const;
      const questions = [{ ...question, fromMs: 0, toMs: 3_600_000, nothing: 2, longestGapMs: 60_000 }];
      return {
        summary: () => ({ path: '/r.db', bytes: 1_048_576, questions, listed: ['hayesvalley'] }),
        exportTo: ({ folder, outsideCents, beside }) => {
          called.push(`export ${folder} ${outsideCents('h100')} ${outsideCents('b200')}`);
          for (const [name, text] of beside) files.set(name, text);
          return { files: ['hayesvalley.csv', 'manifest.csv'], questions, short: ['richmond'] };
        },
        copyTo: (file) => void called.push(`copy ${file}`),
        importFrom: (given) => {
          called.push(`import ${JSON.stringify(given)}`);
          return given.files.map((file) => ({ file, rows: 3, added: 2 }));
        },
      };
    },
    hasLedger: () => wishes.records != null,
    openLedger: () => {
      if (wishes.records == null) throw new LedgerError('E_LEDGER_PATH', 'there is no ledger at /store.db');
      const ledger = memoryLedger(wishes.records);
      const { read, head, close } = ledger;
      const { snapshots } = wishes;
      const kept = snapshots === undefined ? {} : { snapshots };
      return { path: '/store.db', read, head, close, ...kept, checkChain: () => verifyChain(ledger) };
    },
    backUp: async (_, file) => {
      called.push(`backUp ${file}`);
      return { entries: 3, head: 3, headHash: 'abc', problems: [] };
    },
    besideVenue: (_, use) => {
      const look = wishes.look;
      if (look === undefined) throw new Error('no look was given');
      const none = { ok: false, code: 'connection', status: null, message: 'nobody' } as const;
      const nothing = async (): Promise<typeof none> => none;
      return use({
        zones: nothing,
        quote: nothing,
        balance: nothing,
        ...wishes.asked,
        look: async () => look,
      });
    },
    save: (file, text) => void files.set(file, text),
    testNotices: async () => wishes.noticeTests ?? [],
    readNotices: () => wishes.notices ?? { channels: [], events: [], open: [], waiting: [] },
    ask: async (_, request, why) => {
      called.push(`${request.kind}: ${why}`);
      return wishes.stopped ?? { kind: 'acknowledged', books: emptyBooks() };
    },
    disk: () => wishes.disk ?? { path: '/data', freeBytes: 50 * 1024 ** 3 },
    stopFiles: () => wishes.stopFiles ?? [],
    planProbe: () => ({ limit: centsPerNodeHour(88), where: 'hayesvalley', worstCents: cents(352) }),
    probe: async (_, fleet) => {
      called.push(`probe ${fleet}`);
      return {
        lines: ['create: accepted'],
        complete: true,
        left: 0,
        duplicateName: 'refused',
        raise: 'accepted',
        listedAfterMs: 1,
        namedAfterMs: 1,
      };
    },
    confirm: async (question) => {
      called.push(question);
      return wishes.confirms ?? false;
    },
    observe: async () => wishes.candidate ?? 'the venue shows no such node',
    foresee: async () => wishes.foreseen ?? [],
    reload: async (_, options) => {
      called.push(`reload ${JSON.stringify(options)}`);
      return wishes.reloaded ?? null;
    },
  };
  const exit = await runProgram(shop, argv);
  return { exit, ...heard, files, called };
};
