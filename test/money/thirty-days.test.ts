// The books of thirty days against the market's own, to the cent, under each of the three payment rules: with interruptions,
// rebids, blocks, refunds, sales, corrected bills, a stranger on the account, an outage and a restored backup.
import { describe, expect, test } from 'vitest';
import { CENT_SECONDS_PER_CENT } from '../../src/domain/money.ts';
import type { TickReport } from '../../src/domain/report.ts';
import { foldAll } from '../../src/reconcile/fold.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { moneyReport } from '../../src/reconcile/money-report.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { FLEETS, liveThirtyDays, marketBooks } from './thirty-days.ts';

/** Cents of a fleet by basis, and what was refunded. */
const sumsOf = (report: TickReport, fleet: string) => {
  const sum = (of: 'committed' | 'accrued' | 'settled'): number =>
    report.totals.filter((one) => one.fleet === fleet).reduce((total, one) => total + one[of], 0) /
    CENT_SECONDS_PER_CENT;
  const refunded = report.fleetTotals.find((one) => one.fleet === fleet)?.refunded ?? 0;
  return {
    committed: sum('committed'),
    accrued: sum('accrued'),
    settled: sum('settled'),
    refunded: refunded / CENT_SECONDS_PER_CENT,
  };
};

/** Dollars of one family of a scrape, by the labels asked for. */
const scraped = (text: string, family: string, ...labels: readonly string[]): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`bidkeeper_${family}{`) && labels.every((one) => line.includes(one)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

describe.each([
  ['clear', 11],
  ['maker', 12],
  ['bid', 13],
] as const)('thirty days under the payment rule %s', (rule, seed) => {
  test('Settled is what the market billed, to the cent; accrued is within 0.5 %; metrics say what the ledger says; the rule is learned.', async () => {
    const outcome = await liveThirtyDays(rule, seed);
    const { report, happened } = outcome;
    for (const what of ['evicted', 'unseen', 'lost', 'refund', 'sale', 'correction', 'stranger'])
      expect([what, (happened.get(what) ?? 0) > 0]).toEqual([what, true]);
    const market = marketBooks(outcome);
    const metrics = createMetrics({
      version: '1',
      commit: '',
      fleets: FLEETS.map((name) => ({ name, gpu: 'h100', hold: 'autoreserved', zones: ['north'] })),
      onContradiction: (text) => expect.fail(text),
    });
    metrics.record(report);
    const { body } = await metrics.scrape();
    for (const fleet of FLEETS) {
      const { committed, accrued, settled, refunded } = sumsOf(report, fleet);
      const billed = market.billed.get(fleet) ?? 0;
      expect([fleet, settled - refunded]).toEqual([fleet, billed - (market.returned.get(fleet) ?? 0)]);
      expect(Math.abs(accrued - settled)).toBeLessThan(0.005 * billed);
      expect(committed).toBeGreaterThanOrEqual(accrued);
      const labels = `fleet="${fleet}"`;
      expect(scraped(body, 'spend_dollars_total', labels, 'basis="settled"')).toBeCloseTo(settled / 100, 6);
      expect(scraped(body, 'spend_dollars_total', labels, 'basis="accrued"')).toBeCloseTo(accrued / 100, 6);
      expect(scraped(body, 'refunded_dollars_total', labels)).toBeCloseTo(refunded / 100, 6);
    }
    const { account } = report.money;
    expect(account?.spend).toMatchObject({ others: market.others, unattributed: 0, open: 0 });
    expect(scraped(body, 'account_spend_dollars', 'owner="others"')).toBeCloseTo(market.others / 100, 6);
    expect(report.money.rule).toBe(rule);
    expect(scraped(body, 'payment_rule', `rule="${rule}"`)).toBe(1);
    expect(moneyReport(foldAll(emptyBooks(), outcome.records))).toEqual(report.money);
  }, 180_000);
});
