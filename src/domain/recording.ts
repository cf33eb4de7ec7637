// What a recording of the market holds, as values: the questions that were asked, and what goes in and out.
import type { HoldKind } from './node.ts';
import type { DurationMs, UnixMs } from './time.ts';

/** One question that was asked again and again: the price of bids, or of blocks, in a zone. */
export interface RecordedQuestion {
  readonly zone: string;
  readonly hold: HoldKind;
  readonly gpu: string;
  readonly quotes: number;
  readonly fromMs: UnixMs;
  readonly toMs: UnixMs;
  /** Answers that nothing was for sale. */
  readonly nothing: number;
  /** The longest time without an answer: what was asked then is not known, and a history takes the last answer to hold. */
  readonly longestGapMs: DurationMs;
}

export interface RecordingSummary {
  readonly path: string;
  readonly bytes: number;
  readonly questions: readonly RecordedQuestion[];
  /** Zones that the venue listed last. */
  readonly listed: readonly string[];
}

export interface ExportOptions {
  /** Made when it is missing; files of the same names are replaced. */
  readonly folder: string;
  /** What a node-hour of a GPU type costs elsewhere, in cents; a type without one is left out of the manifest. */
  readonly outsideCents: (gpu: string) => number | null;
  /** More files, by name: the evidence that does not stand in the recording. */
  readonly beside: ReadonlyMap<string, string>;
}

export interface Exported {
  /** Files written, by name. */
  readonly files: readonly string[];
  readonly questions: readonly RecordedQuestion[];
  /** Histories too short for a backtest yet: they are written, and not in the manifest. */
  readonly short: readonly string[];
}

export interface ImportOptions {
  /** Price histories, or recordings. */
  readonly files: readonly string[];
  /** Of price histories: the GPU type; null when it was not said. */
  readonly gpu: string | null;
  /** Of a price history; null: its file's name. */
  readonly zone: string | null;
  readonly hold: HoldKind;
}

export interface Imported {
  readonly file: string;
  readonly rows: number;
  /** Rows that were not there yet. */
  readonly added: number;
}
