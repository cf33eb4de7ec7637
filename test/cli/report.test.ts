// `bidkeeper report`: every number is recomputed from what the ledger was made of, or compared with the market's own books.
import { describe, expect, test } from 'vitest';
import { barChart, niceStep } from '../../src/cli/report/charts.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createMonth, type MonthReport } from '../../src/reconcile/month.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { createWorld, fleetPolicy, marketSettings, processPolicy, START_MS } from '../simulation/world.ts';
import { createStory } from '../support/story.ts';
import { runIn } from './fake-shop.ts';
import { makeMonth } from './month-ledger.ts';

const NOVEMBER = Date.UTC(2026, 10, 15, 12);

const monthOf = (
  records: readonly LedgerRecord[],
  withinMs: number,
  timeZones: Readonly<Record<string, string>> = {},
): MonthReport => {
  const account = createMonth({ timeZones: new Map(Object.entries(timeZones)), withinMs, periodOf });
  for (const record of records) account.add(record);
  return account.finish();
};
const fleetOf = (report: MonthReport, fleet: string) => {
  const found = report.fleets.find((one) => one.fleet === fleet);
  if (found === undefined) throw new Error(`no fleet ${fleet}`);
  return found;
};

describe('the numbers of a month', () => {
  const made = makeMonth(Date.UTC(2026, 10, 2), 20);
  const report = monthOf(made.records, NOVEMBER, { train: 'UTC', serve: 'UTC' });

  test.each(['train', 'serve'])(
    'of %s: billed, bought and used time are what the entries say, to the cent and second',
    (name) => {
      const { total } = fleetOf(report, name);
      expect(total.settled).toBe((made.billed.get(name) ?? 0) * 3600);
      expect(total.boughtSeconds).toBe(made.boughtSeconds.get(name));
      // The last hour was not seen to its end; each node is counted up to the newest entry.
      const used = made.usedSeconds.get(name) ?? 0;
      expect(total.obtainedMs / 1000).toBeLessThanOrEqual(used);
      expect(total.obtainedMs / 1000).toBeGreaterThan(used - 6 * 3600);
    },
  );

  test('days add up to the month, and places to the fleet', () => {
    for (const { days, total, places } of report.fleets) {
      const sum = (of: (figures: typeof total) => number): number =>
        days.reduce((all, day) => all + of(day.figures), 0);
      expect(sum((one) => one.settled)).toBe(total.settled);
      expect(sum((one) => one.wantedMs)).toBe(total.wantedMs);
      expect(sum((one) => one.purchases.filled)).toBe(total.purchases.filled);
      const bought = [...places.values()].reduce((all, one) => all + one.boughtSeconds, 0);
      expect(bought).toBe(total.boughtSeconds);
    }
  });

  test('whole days want what was wanted: 2 nodes around the clock', () => {
    const { days } = fleetOf(report, 'serve');
    expect(days[5]?.figures.wantedMs).toBe(2 * DAY_MS);
    expect(days[0]?.figures.wantedMs).toBe(0);
  });

  test('another month holds nothing of this one', () => {
    const { total } = fleetOf(monthOf(made.records, Date.UTC(2026, 9, 15)), 'train');
    expect(total).toMatchObject({ wantedMs: 0, obtainedMs: 0, boughtSeconds: 0, settled: 0 });
  });

  test('in another zone the same bill is cut at that zone’s midnights', () => {
    const { total, days, startMs } = fleetOf(
      monthOf(made.records, NOVEMBER, { train: 'Asia/Kolkata' }),
      'train',
    );
    expect(startMs).toBe(Date.UTC(2026, 9, 31, 18, 30));
    expect(total.settled).toBe((made.billed.get('train') ?? 0) * 3600);
    expect(days[2]?.figures.settled).not.toBe(fleetOf(report, 'train').days[2]?.figures.settled);
  });

  test('an hour over the end of a month is split by seconds between the two', () => {
    const late = makeMonth(Date.UTC(2026, 10, 30, 18), 1);
    const zone = { train: 'Asia/Kolkata', serve: 'UTC' };
    const november = fleetOf(monthOf(late.records, NOVEMBER, zone), 'train').total;
    const december = fleetOf(monthOf(late.records, Date.UTC(2026, 11, 15), zone), 'train').total;
    // Half an hour of each of the six nodes lies before midnight in Kolkata.
    expect(november.boughtSeconds).toBe(6 * 1800);
    expect(november.settled + december.settled).toBe((late.billed.get('train') ?? 0) * 3600);
  });

  test('a bill that comes weeks later still lies on the hours it pays for, and open time is gone then', () => {
    const story = createStory();
    const node = story.running(0);
    story.later(2 * HOUR_MS);
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 1, runningNodes: 1 });
    const before = fleetOf(monthOf(story.records, START_MS + DAY_MS), 'train').total;
    expect(before).toMatchObject({ openSeconds: 3600, openAccrued: 1200 * 3600, settled: 0 });
    story.later(35 * DAY_MS);
    story.tell({
      kind: 'order_settled',
      orderId: 'o',
      node,
      fromMs: START_MS,
      toMs: START_MS + HOUR_MS,
      cost: cents(1100),
    });
    const after = fleetOf(monthOf(story.records, START_MS + DAY_MS), 'train').total;
    expect(after).toMatchObject({ openSeconds: 0, openAccrued: 0, settled: 1100 * 3600 });
  });

  test('what an order gives back is a refund, not a smaller bill', () => {
    const story = createStory();
    const order = {
      kind: 'order_settled',
      orderId: 'o',
      node: story.running(0),
      fromMs: START_MS,
      toMs: START_MS + HOUR_MS,
    } as const;
    story.tell({ ...order, cost: cents(1100) });
    story.tell({ ...order, cost: cents(1000) });
    const { total } = fleetOf(monthOf(story.records, START_MS + DAY_MS), 'train');
    expect(total).toMatchObject({ settled: 1100 * 3600, refunded: 100 * 3600 });
  });

  test('time that is bought and still lies ahead is not called unused', async () => {
    const story = createStory();
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 1, runningNodes: 0 });
    story.running(0);
    story.later(30 * MINUTE_MS);
    story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 1, runningNodes: 1 });
    const { total } = fleetOf(monthOf(story.records, START_MS + DAY_MS), 'train');
    expect(total).toMatchObject({ boughtSeconds: 3600, aheadSeconds: 1800, obtainedMs: 30 * MINUTE_MS });
    const { out } = await runIn({ records: story.records }, 'report');
    expect(out).toContain('not used      0.0 GPU-hours (0.0 % of bought)');
  });

  test('the real daemon on the market: settled and open time are the market’s own bill, to the cent', async () => {
    const path = [0, 1, 2, 3, 4, 5].map((hour) => ({
      afterMs: hour * 5 * HOUR_MS,
      ask: centsPerNodeHour(1000 + 96 * hour),
    }));
    const [zone] = marketSettings().zones;
    if (zone === undefined) throw new Error('no zone');
    const market = marketSettings({ zones: [{ ...zone, ask: { kind: 'path', points: path } }] });
    const world = await createWorld({
      market,
      policy: processPolicy({
        fleets: [fleetPolicy({ schedule: { timeZone: 'UTC', baseGpus: 16, windows: [] } })],
      }),
    });
    await world.run(30 * HOUR_MS, 2 * MINUTE_MS);
    const { total } = fleetOf(monthOf(await world.records(), START_MS + DAY_MS), 'train');
    const billed = world.market.records().bills.reduce((sum, bill) => sum + bill.cost, 0);
    expect(total.settled / 3600).toBe(billed);
    expect(total.openSeconds).toBe(0);
    expect(total.boughtSeconds).toBeGreaterThan(2 * 28 * 3600);
  });
});

describe('the forms', () => {
  const { records } = makeMonth(Date.UTC(2026, 10, 2), 9);
  const policy = processPolicy({
    fleets: [
      fleetPolicy(),
      fleetPolicy({ name: 'serve', schedule: { timeZone: 'Europe/Berlin', baseGpus: 16, windows: [] } }),
    ],
  });

  test('the terminal gets the bill, each fleet with its zone, its days, and the sum of all', async () => {
    const { out, exit } = await runIn({ records, policy }, 'report');
    expect(exit).toBe(0);
    expect(out).toContain('GPU spend in November 2026, from ledger ab12 as of 2026-11-10T');
    expect(out).toContain('serve (days in Europe/Berlin)');
    expect(out).toMatch(
      /cost {10}\$[\d,]+\.\d\d = \$[\d,]+\.\d\d settled - \$0\.00 refunded \+ \$[\d,]+\.\d\d open/,
    );
    expect(out).toMatch(/^ {2}2026-11-05 {2}.*\$1\.\d{3}/m);
    expect(out).toContain('\nall fleets\n');
  });

  test('every form says what was saved against each reference, the same sums in each', async () => {
    const { out: json } = await runIn({ records, policy }, 'report', '--form', 'json', '--fleet', 'serve');
    const { total } = JSON.parse(json).fleets[0];
    const { ceiling, vendor_default: vendor } = total.references;
    // No ceiling is written in this ledger, so its hours count at what they were estimated at: no more is claimed.
    expect(ceiling.costCents).toBe(total.accruedCents);
    expect(ceiling.savedCents).toBe(total.accruedCents - total.costCents);
    expect(vendor.costCents).toBeGreaterThan(1.4 * total.costCents);
    const shown = (cents: number): string =>
      `$${(cents / 100).toLocaleString('en-US', { minimumFractionDigits: 2 })}`;
    const against = `${shown(vendor.savedCents)} (${((100 * vendor.savedCents) / vendor.costCents).toFixed(1)} %) against ${shown(vendor.costCents)}, at 1.5 x the ask`;
    const { out: text } = await runIn({ records, policy }, 'report', '--fleet', 'serve');
    expect(text).toContain(against);
    expect(text).toMatch(/saved {9}\$.* all at the ceiling/);
    const { out: page } = await runIn({ records, policy }, 'report', '--form', 'html', '--fleet', 'serve');
    expect(page).toContain(against);
    expect(page).toContain(`<b>${shown(vendor.savedCents)}</b><span class="name">saved</span>`);
  });

  test('--fleet leaves the others out, and refuses a name nobody knows', async () => {
    const { out } = await runIn({ records, policy }, 'report', '--fleet', 'serve', '--month', '2026-11');
    expect(out).not.toContain('train');
    const wrong = await runIn({ records, policy }, 'report', '--fleet', 'server');
    expect(wrong).toMatchObject({ exit: 64, out: '' });
    expect(wrong.err).toContain('the nearest is serve');
  });

  test.each(['november', '2026-13', '2026-1', '26-11'])('--month %s is refused', async (month) => {
    const run = await runIn({ records, policy }, 'report', '--month', month);
    expect(run).toMatchObject({ exit: 64, out: '' });
    expect(run.err).toContain(`E_USAGE_MONTH --month ${month} is no month. Write year and month: 2026-11.`);
  });

  test('JSON carries whole cents and seconds, by day', async () => {
    const { out } = await runIn({ records, policy }, 'report', '--form', 'json');
    const { fleets, month } = JSON.parse(out);
    expect(month).toBe('2026-11');
    expect(fleets[1].days).toHaveLength(30);
    expect(fleets[1].days[4]).toMatchObject({
      date: '2026-11-05',
      wantedNodeSeconds: 172_800,
      boughtNodeSeconds: 172_800,
    });
  });

  test('the page needs nothing from outside, runs no script, prints, and follows light and dark', async () => {
    const { files, out, err } = await runIn(
      { records, policy },
      'report',
      '--form',
      'html',
      '--out',
      'nov.html',
    );
    expect(out).toBe('');
    expect(err).toBe('nov.html is written.\n');
    const page = files.get('nov.html') ?? '';
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).not.toMatch(/https?:\/\/|<script|<link|<img|@import|url\(/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('@media print');
    expect(page.match(/<svg /g)).toHaveLength(4);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('text from outside cannot become markup', async () => {
    const story = createStory();
    story.tell({
      kind: 'coverage_changed',
      fleet: '<script>alert(1)</script>',
      wantedNodes: 1,
      runningNodes: 0,
    });
    const { out } = await runIn({ records: story.records }, 'report', '--form', 'html');
    expect(out).not.toContain('<script>');
    expect(out).toContain('&lt;script&gt;');
  });

  test('a month in which nothing happened is a page, not an error', async () => {
    const { out, exit } = await runIn({ records, policy }, 'report', '--month', '2025-01', '--form', 'html');
    expect(exit).toBe(0);
    expect(out).toContain('Nothing was wanted or bought.');
  });
});

describe('the charts', () => {
  test('begin at zero and end at a round number at or above the highest bar', () => {
    expect(niceStep(1152)).toBe(500);
    expect(niceStep(0.9)).toBe(0.25);
    expect(niceStep(0)).toBe(1);
    const svg = barChart({
      title: 'x',
      bars: [{ label: '1', title: 't', parts: [{ value: 50, style: 'main' }], mark: 100 }],
      unit: String,
    });
    expect(svg).toContain('>0<');
    expect(svg).toContain('>100<');
    // Half of the axis is half of the height: 10 (top) to 194 (ground).
    expect(svg).toContain('y="102" ');
    expect(svg).toContain('height="92"');
  });
});
