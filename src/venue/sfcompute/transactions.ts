// The account's transactions, oldest first, page by page. A reading that has to stop at its bound, or breaks off after a
// page, gives what it has and says where to go on; that is safe only because the rows come in the order of time, so a venue
// that answers in another order is read to its end or not at all.
import type { SeenTransaction } from '../../domain/account.ts';
import type { TransactionPage } from '../../domain/look.ts';
import type { DurationMs } from '../../domain/time.ts';
import type { Reading, TransactionsRequest } from '../../ports/venue.ts';
import { readFailure, type Caller, type Deadline, type ReadFailure } from './caller.ts';
import { decodePage, decodeTransaction } from './decode.ts';
import { PAGE_LIMIT, listTransactions } from './requests.ts';

export interface TransactionOptions {
  readonly caller: Caller;
  readonly deadlineMs: DurationMs;
  readonly pagesMax: number;
}

interface OnePage {
  readonly rows: readonly SeenTransaction[];
  readonly isLast: boolean;
}

export const readTransactions = async (
  { caller, deadlineMs, pagesMax }: TransactionOptions,
  request: TransactionsRequest,
): Promise<Reading<TransactionPage>> => {
  const deadline = caller.deadline(deadlineMs);
  const rows = new Map<string, SeenTransaction>();
  let { from } = request;
  let newestMs = 0;
  let inOrder = true;
  for (let pages = 0; ; pages += 1) {
    const page =
      pages < pagesMax
        ? await readPage(caller, deadline, request.afterMs, from)
        : readFailure('too_large', null, 'more pages than one reading may take, in no order');
    if ('ok' in page) {
      // Nothing, or nothing that can be trusted to be all there is before some instant.
      if (rows.size === 0 || !inOrder) return page;
      return { ok: true, value: { rows: [...rows.values()], next: from } };
    }
    const before = rows.size;
    for (const row of page.rows) {
      if (row.atMs < newestMs) inOrder = false;
      newestMs = Math.max(newestMs, row.atMs);
      rows.set(row.cursor, row);
    }
    from = page.rows.at(-1)?.cursor ?? from;
    // A page without anything new would be asked for for ever.
    if (page.isLast || rows.size === before) return { ok: true, value: { rows: sorted(rows), next: null } };
  }
};

const sorted = (rows: ReadonlyMap<string, SeenTransaction>): readonly SeenTransaction[] =>
  [...rows.values()].sort((a, b) => a.atMs - b.atMs);

const readPage = async (
  caller: Caller,
  deadline: Deadline,
  afterMs: number,
  from: string | null,
): Promise<OnePage | ReadFailure> => {
  const request = listTransactions(afterMs, from);
  const got = await caller.get(request, deadline);
  if (!got.ok) return got;
  if (!got.found) return readFailure('http', 404, got.message);
  const page = decodePage(got.value);
  const rows = page?.data.map(decodeTransaction) ?? [null];
  if (page === null || !rows.every((row) => row !== null)) {
    return readFailure('garbled', 200, `an answer of ${request.endpoint} cannot be read`);
  }
  const more = page.hasMore ?? rows.length >= PAGE_LIMIT;
  return { rows, isLast: rows.length === 0 || !more };
};
