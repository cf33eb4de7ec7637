// What the verbs are given: settings, rehearsals, the running daemon, stops. The wiring makes it; the verbs only ask and
// print, so that each can be tested with a shop of its own.
import type { Seq } from '../domain/entry.ts';
import type { Policy } from '../domain/policy.ts';
import type { TickReport } from '../domain/report.ts';
import type {
  Exported,
  ExportOptions,
  Imported,
  ImportOptions,
  RecordingSummary,
} from '../domain/recording.ts';
import type { UnixMs } from '../domain/time.ts';
import type { StopResult } from '../daemon/ask-beside.ts';
import type { ReloadAnswer, ReloadOptions } from '../daemon/reloader.ts';
import type { ProbeAnswer, ProbePlan } from '../daemon/probe.ts';
import type { Request } from '../daemon/requests.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Venue } from '../ports/venue.ts';
import type { Candidate } from '../reconcile/handover.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Watching } from './watch.ts';

export interface LoadedSettings {
  readonly file: string;
  readonly policy: Policy;
  /** SHA-256 of the effective settings, as `daemon_started` entries carry it. */
  readonly hash: string;
  /** The clock's instant now; null where the clock runs fast, so that only the ledger tells its time. */
  readonly nowMs: () => UnixMs | null;
  /** True when a run of these settings spends money that is not simulated. */
  readonly realMoney: boolean;
  /** Problems that do not forbid to start, one a line. */
  readonly warnings: readonly string[];
  /** The effective settings in both units, as text. */
  readonly explain: () => string;
  /** The next 24 hours of targets and the worst-case spend. */
  readonly outlook: () => { readonly targets: string; readonly worstCase: string; readonly json: unknown };
}

export type Loaded<Settings extends LoadedSettings> =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly { readonly line: string; readonly code: string }[] };

export interface RunOptions {
  /** The worst case of the first live run is accepted. */
  readonly yes: boolean;
  readonly log: 'json' | 'text' | undefined;
  readonly logLevel: string | undefined;
}

export interface MarketOptions extends RunOptions {
  readonly port: number;
}

/** What a walk over a whole ledger found of its storage, numbers and hashes. */
export interface ChainCheck {
  readonly entries: number;
  readonly head: Seq;
  readonly headHash: string;
  /** `seq` is null when the storage as a whole is at fault. */
  readonly problems: readonly { readonly code: string; readonly seq: Seq | null; readonly detail: string }[];
}

/** A ledger open for reading, beside a running daemon too. */
export interface LedgerReader extends Pick<Ledger, 'read' | 'head' | 'snapshots'> {
  readonly path: string;
  readonly checkChain: () => Promise<ChainCheck>;
  readonly close: () => void;
}

/** The recording of the market, beside a running daemon; everything throws errors of the codes E_RECORDING_…. */
export interface RecordingDesk {
  readonly summary: () => RecordingSummary;
  readonly exportTo: (options: ExportOptions) => Exported;
  readonly copyTo: (file: string) => void;
  readonly importFrom: (options: ImportOptions) => readonly Imported[];
}

/** What is played: price files with their outside price, or a folder with manifest.csv, or else the synthetic series. */
export interface BacktestRequest {
  readonly files: readonly string[];
  readonly folder: string | null;
  readonly availability: string | null;
  /** Cents per node-hour. */
  readonly outsideCents: number;
  readonly nodes: number;
  readonly depthCents: number;
  readonly seed: number;
  /** Jobs with a deadline instead of a target. */
  readonly jobs: boolean;
}

export interface BacktestAnswer {
  readonly text: string;
  readonly json: unknown;
  readonly page?: () => Promise<string>;
}

/** How sending a test notice by one channel went; `words` hold no secret. */
export interface NoticeTest {
  readonly channel: string;
  readonly ok: boolean;
  readonly words: string;
}

/** What a daemon remembers of its notices. */
export interface NoticesView {
  /** Empty: the settings name nobody. */
  readonly channels: readonly string[];
  readonly events: readonly string[];
  /** What was said to have begun and is not over. */
  readonly open: readonly {
    readonly what: string;
    readonly fleet: string | null;
    readonly sinceMs: UnixMs;
  }[];
  readonly waiting: readonly { readonly text: string; readonly channels: readonly string[] }[];
}

export interface Shop<Settings extends LoadedSettings = LoadedSettings> {
  readonly version: string;
  readonly write: (text: string) => void;
  /** Writes text as it is and waits until the reader has taken it, so that a long answer needs little memory. */
  readonly print: (text: string) => Promise<void>;
  readonly complain: (text: string) => void;
  readonly load: (file: string) => Loaded<Settings>;
  /** Holds the fleets until it is told to stop. */
  readonly run: (settings: Settings, options: RunOptions) => Promise<ExitCode>;
  /** Serves the embedded market until it is told to stop. */
  readonly market: (settings: Settings, options: MarketOptions) => Promise<ExitCode>;
  /** Plays price histories through the tick; `onProgress` is told a line to write over the last one. */
  readonly backtest: (
    request: BacktestRequest,
    onProgress: (line: string) => void,
  ) => Promise<BacktestAnswer>;
  /** Shows a line that the next one writes over; nothing where standard error is no terminal. */
  readonly progress: (line: string | null) => void;
  readonly rehearse: (settings: Settings) => Promise<TickReport>;
  /** The running daemon's last report; null when none answers. */
  readonly askDaemon: (settings: Settings) => Promise<TickReport | null>;
  /** What `status --watch` looks through, until it is told to stop. */
  readonly watching: (settings: Settings) => Watching;
  /** What the ledger alone says; null when there is none. */
  readonly readLedger: (settings: Settings) => Promise<TickReport | null>;
  readonly recording: (settings: Settings) => RecordingDesk;
  readonly hasLedger: (settings: Settings) => boolean;
  /** Throws E_LEDGER_PATH when there is none yet. */
  readonly openLedger: (settings: Settings) => LedgerReader;
  /** Copies the ledger to a file that does not exist yet; the copy's chain was verified. */
  readonly backUp: (settings: Settings, file: string) => Promise<ChainCheck>;
  /** Lets `use` read the venue; nothing is sent. */
  readonly besideVenue: <Result>(
    settings: Settings,
    use: (venue: Pick<Venue, 'look' | 'zones' | 'quote' | 'balance'>) => Promise<Result>,
  ) => Promise<Result>;
  /** Writes a file whole; throws E_OUT_FILE. */
  readonly save: (file: string, text: string) => void;
  /** Sends a test notice by every channel of the settings; empty when they name none. */
  readonly testNotices: (settings: Settings) => Promise<readonly NoticeTest[]>;
  /** What was notified and waits, from the file that remembers it. */
  readonly readNotices: (settings: Settings) => NoticesView;
  /** Room on the disk of the ledger; null when it cannot be measured. */
  readonly disk: (settings: Settings) => { readonly path: string; readonly freeBytes: number } | null;
  readonly stopFiles: (
    settings: Settings,
  ) => readonly { readonly how: string; readonly path: string; readonly why: string }[];
  /** What the probe will offer and may cost. */
  readonly planProbe: (settings: Settings, fleet: string) => ProbePlan;
  /** Spends: bids, looks, withdraws. Throws E_LEASE_HELD while a daemon runs. */
  readonly probe: (settings: Settings, fleet: string) => Promise<ProbeAnswer>;
  /** Asks a person on the terminal; false where there is none. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Asks for a change: of the running daemon by its admin API, else by the ledger itself. */
  readonly ask: (settings: Settings, request: Request, why: string) => Promise<StopResult>;
  /** One look at a node; words when it cannot be had. */
  readonly observe: (settings: Settings, node: string) => Promise<Candidate | string>;
  /** What the daemon would do after a request that it does not do now; words when it cannot be told. */
  readonly foresee: (
    settings: Settings,
    request: Request,
    why: string,
  ) => Promise<readonly string[] | string>;
  /** Has the running daemon load its settings anew; null when none answers. */
  readonly reload: (settings: Settings, options: ReloadOptions, why: string) => Promise<ReloadAnswer | null>;
}
