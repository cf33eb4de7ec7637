// What the books know of money beyond the fleets' sums: the payment rule that fills show, how late things come, the account
// as a whole, and how far what is accrued stands from what the venue's records say.
import type { CentSeconds, Cents } from '../domain/money.ts';
import { CENT_SECONDS_PER_CENT } from '../domain/money.ts';
import type { AccountReport, MoneyReport } from '../domain/report.ts';
import type { Books } from './books.ts';
import { latenessOf } from './lateness.ts';
import { paymentRule } from './payment.ts';

export const moneyReport = (books: Books): MoneyReport => {
  const drift = new Map<string, number>();
  let accrued = 0;
  for (const fleet of books.fleets.keys()) drift.set(fleet, 0);
  for (const sums of books.sums.values()) {
    accrued += sums.accrued;
    drift.set(sums.fleet, (drift.get(sums.fleet) ?? 0) + sums.accrued - sums.settled);
  }
  const { answers, fills, records } = books.lateness;
  return {
    rule: paymentRule(books.payment),
    lateness: { answers: latenessOf(answers), fills: latenessOf(fills), records: latenessOf(records) },
    drift: [...drift].map(([fleet, cost]) => ({ fleet, cost: cost as CentSeconds })),
    account: accountReport(books, accrued),
    fills: { count: books.fills.count, last: [...books.fills.last] },
  };
};

const accountReport = ({ account }: Books, accrued: number): AccountReport | null =>
  account.readToMs === null
    ? null
    : {
        readToMs: account.readToMs,
        billed: { ...account.billed } as AccountReport['billed'],
        takenBack: account.corrected as Cents,
        spend: { ...account.spend } as AccountReport['spend'],
        drift: (accrued - account.spend.ours * CENT_SECONDS_PER_CENT) as CentSeconds,
      };
