// Walks a whole ledger and tells everything that is wrong with it, where reading would stop at the first fault. It judges
// storage, numbers, hashes and shapes; what the entries promise about money is another room's matter.
import type { Seq } from '../domain/entry.ts';
import { GENESIS, decodeRecord } from './encoding.ts';
import type { EncodedRecord } from './encoding.ts';
import { LedgerError } from './errors.ts';
import type { LedgerErrorCode } from './errors.ts';
import type { StoredLedger } from './stored-ledger.ts';

export interface ChainProblem {
  readonly code: LedgerErrorCode;
  /** The entry at fault; null when the storage as a whole is. */
  readonly seq: Seq | null;
  readonly detail: string;
}

export interface ChainReport {
  /** Rows that were found, sound or not. */
  readonly entries: number;
  /** Number and hash of the newest row. Keep them elsewhere, and a later cut of the tail can be proved. */
  readonly head: Seq;
  readonly headHash: string;
  /** At most `PROBLEMS_SHOWN`; empty when the ledger is whole. */
  readonly problems: readonly ChainProblem[];
}

const PROBLEMS_SHOWN = 100;

/** Judges one row behind its predecessor; null when it is sound. */
const problemOf = (previous: { seq: Seq; hash: string }, row: EncodedRecord): ChainProblem | null => {
  try {
    decodeRecord(previous, row);
    return null;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { code: error.code, seq: row.seq, detail: error.detail };
  }
};

/** Checks storage and chain from the first entry to the last; never rejects for what is wrong with the ledger. */
export const verifyChain = async (
  ledger: Pick<StoredLedger, 'rows' | 'checkStorage'>,
): Promise<ChainReport> => {
  const problems: ChainProblem[] = [];
  let entries = 0;
  let previous = GENESIS;
  try {
    for (const detail of ledger.checkStorage())
      problems.push({ code: 'E_LEDGER_CORRUPT', seq: null, detail });
    for (const batch of ledger.rows(0)) {
      for (const row of batch) {
        const problem = problemOf(previous, row);
        if (problem !== null && problems.length < PROBLEMS_SHOWN) problems.push(problem);
        // The stored hash goes on as the link, so that one changed record is one problem and not all that follow.
        previous = row;
        entries += 1;
      }
    }
  } catch (error) {
    const known = error instanceof LedgerError ? error : new LedgerError('E_LEDGER_CORRUPT', String(error));
    problems.push({ code: known.code, seq: null, detail: known.detail });
  }
  return { entries, head: previous.seq, headHash: previous.hash, problems };
};
