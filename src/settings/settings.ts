// The settings as the program uses them: everything checked, every default filled in, every path absolute. `policy` is what
// the pure core reads; the rest belongs to the adapters and the wiring. No secret is in here: the token is only named.
import type { NoticeEvent } from '../domain/notice.ts';
import type { Policy } from '../domain/policy.ts';
import type { SimulatedMarketSettings } from '../domain/simulated-market.ts';
import type { DurationMs } from '../domain/time.ts';

export interface Listen {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Where the token comes from; the token itself is read by token.ts, and again after a 401. */
export type TokenPlace =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** Who is told at once. Both secrets are only named. */
export interface NotifySettings {
  readonly webhook: { readonly url: string; readonly secret: TokenPlace } | null;
  readonly slack: { readonly url: TokenPlace } | null;
  readonly events: readonly NoticeEvent[];
  /** Real time. */
  readonly quietMs: DurationMs;
  readonly patienceMs: DurationMs;
  readonly perHour: number;
}

export interface SfComputeVenueSettings {
  readonly kind: 'sfcompute';
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** The one other host that may be given the token, as the user wrote it; null without one. */
  readonly allowHost: string | null;
  /** The host is this machine: no real money is spent. */
  readonly loopback: boolean;
  readonly token: TokenPlace;
}

export interface MarketVenueSettings {
  readonly kind: 'market';
  readonly market: SimulatedMarketSettings;
}

export type VenueSettings = SfComputeVenueSettings | MarketVenueSettings;

/** Real time, whatever the clock port does. */
export interface Deadlines {
  readonly listMs: DurationMs;
  readonly changeMs: DurationMs;
  readonly tickMs: DurationMs;
  readonly quoteMs: DurationMs;
}

export interface RecordingSettings {
  /** Absolute path of the SQLite file. */
  readonly path: string;
  readonly keepMs: DurationMs;
  readonly mostBytes: number;
}

/** What is told that a node is going to end. */
export interface HookSettings {
  readonly command: readonly string[] | null;
  readonly url: string | null;
  readonly leadMs: DurationMs;
  /** Real time. */
  readonly timeoutMs: DurationMs;
}

/** Who may use the admin API; null tokens: reading is free on this machine, changing takes the token the daemon makes. */
export interface ApiSettings {
  readonly hosts: readonly string[];
  readonly readToken: TokenPlace | null;
  readonly changeToken: TokenPlace | null;
}

export interface Settings {
  readonly policy: Policy;
  /** node-cron text with six fields, seconds first, in UTC and real time. */
  readonly tick: string;
  /** The longest real time between two ticks. */
  readonly tickGapMs: DurationMs;
  /** Absolute path of the SQLite file. */
  readonly storePath: string;
  /** Where and how much of what is seen of the market is kept; null: nothing is. */
  readonly recording: RecordingSettings | null;
  readonly listen: Listen;
  readonly listenMetrics: Listen | null;
  /** /metrics has series with the names of nodes. */
  readonly metricsPerNode: boolean;
  readonly api: ApiSettings;
  readonly hooks: HookSettings | null;
  readonly venue: VenueSettings;
  /** Seconds of the clock port in one real second. */
  readonly clockSpeed: number;
  readonly deadlines: Deadlines;
  readonly changesAtOnce: number;
  /** Money that lasts less than this is warned of. */
  readonly lowRunwayMs: DurationMs;
  /** Entries older than this fold into a snapshot. */
  readonly snapshotAfterMs: DurationMs;
  readonly onStop: 'keep' | 'withdraw_waiting';
  /** Null: nobody is told. */
  readonly notify: NotifySettings | null;
  /** The settings file, absolute; null when they were given as text. */
  readonly file: string | null;
  /** SHA-256 (hex) of the effective settings without file names of the machine and without cloud-init bodies. */
  readonly hash: string;
}
