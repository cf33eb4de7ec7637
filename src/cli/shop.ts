// What the verbs are given: settings, rehearsals, the running daemon, stops. The wiring makes it; the verbs only ask and
// print, so that each can be tested with a shop of its own.
import type { Policy } from '../domain/policy.ts';
import type { TickReport } from '../domain/report.ts';
import type { StopResult } from '../daemon/pause.ts';
import type { ExitCode } from './exit-codes.ts';

export interface LoadedSettings {
  readonly file: string;
  readonly policy: Policy;
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
  readonly log: 'json' | 'text' | undefined;
  readonly logLevel: string | undefined;
}

export interface MarketOptions extends RunOptions {
  readonly port: number;
}

export interface Shop<Settings extends LoadedSettings = LoadedSettings> {
  readonly version: string;
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly load: (file: string) => Loaded<Settings>;
  /** Holds the fleets until it is told to stop. */
  readonly run: (settings: Settings, options: RunOptions) => Promise<ExitCode>;
  /** Serves the embedded market until it is told to stop. */
  readonly market: (settings: Settings, options: MarketOptions) => Promise<ExitCode>;
  readonly rehearse: (settings: Settings) => Promise<TickReport>;
  /** The running daemon's last report; null when none answers. */
  readonly askDaemon: (settings: Settings) => Promise<TickReport | null>;
  /** What the ledger alone says; null when there is none. */
  readonly readLedger: (settings: Settings) => Promise<TickReport | null>;
  readonly stop: (settings: Settings, how: 'pause' | 'resume', why: string) => Promise<StopResult>;
}
