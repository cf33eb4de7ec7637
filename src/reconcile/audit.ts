// The audit: what a ledger's entries alone can show of the promises in DESIGN §2, judged a second time and apart from the
// fold that the daemon trusts. It takes every record in order and collects findings; it never stops at the first one.
// A problem is a broken promise or entries that contradict each other; a note is the venue's doing that a person should know.
import type { PeriodOf } from '../domain/calendar.ts';
import type { LedgerRecord, Seq } from '../domain/entry.ts';
import type { Policy } from '../domain/policy.ts';
import { auditIntents } from './audit-intents.ts';
import { auditSpending } from './audit-spending.ts';
import { auditStages } from './audit-stages.ts';
import { emptyBooks, type Books } from './books.ts';
import { fold } from './fold.ts';

export interface Finding {
  /** A short closed-set word: `limit`, `generation`, `pause` … */
  readonly code: string;
  readonly severity: 'problem' | 'note';
  /** The entry at fault; null when none is. */
  readonly seq: Seq | null;
  readonly text: string;
}

export type Find = (severity: Finding['severity'], code: string, seq: Seq | null, text: string) => void;

/** The present settings: entries written under others are not held against them. */
export interface AuditRules {
  readonly policy: Policy;
  /** As `daemon_started` carries it. */
  readonly settingsHash: string;
  readonly periodOf: PeriodOf;
}

export interface AuditCounts {
  readonly entries: number;
  readonly intents: number;
  readonly nodes: number;
  readonly orders: number;
  /** Entries written under the present settings, which were held against them as well. */
  readonly underSettings: number;
}

export interface Audit {
  readonly add: (record: LedgerRecord) => void;
  /** The books after the last record. */
  readonly books: Books;
  readonly findings: () => readonly Finding[];
  readonly counts: () => AuditCounts;
}

/** What one part of the audit does with a record, before and after the books have folded it. */
export interface AuditPart {
  readonly before?: (record: LedgerRecord, books: Books) => void;
  readonly after: (record: LedgerRecord, books: Books) => void;
}

const FINDINGS_KEPT = 1000;

export const createAudit = (rules: AuditRules): Audit => {
  const books = emptyBooks();
  const findings: Finding[] = [];
  const counts = { entries: 0, intents: 0, nodes: 0, orders: 0, underSettings: 0 };
  const find: Find = (severity, code, seq, text) => {
    if (findings.length < FINDINGS_KEPT) findings.push({ code, severity, seq, text });
  };
  const spending = auditSpending(rules, find);
  const parts: readonly AuditPart[] = [
    auditIntents(find),
    spending,
    auditStages(rules, find, spending.underSettings),
  ];

  const add = (record: LedgerRecord): void => {
    const { seq, entry } = record;
    if (seq !== counts.entries + 1) find('problem', 'number', seq, `it follows entry ${counts.entries}`);
    if ((entry.kind === 'ledger_opened') !== (seq === 1))
      find('problem', 'opened', seq, 'a ledger is opened once, by its first entry');
    for (const part of parts) part.before?.(record, books);
    fold(books, record);
    if (books.contradiction !== null) {
      find('problem', 'contradiction', seq, books.contradiction);
      // Taken as read, so that the next one is found as well.
      books.contradiction = null;
    }
    for (const part of parts) part.after(record, books);
    counts.entries = seq;
    if (entry.kind.endsWith('_intended')) counts.intents += 1;
    if (entry.kind === 'create_intended' || entry.kind === 'node_adopted') counts.nodes += 1;
    if (entry.kind === 'order_settled') counts.orders += 1;
    if (spending.underSettings()) counts.underSettings += 1;
  };

  return { add, books, findings: () => findings, counts: () => counts };
};
