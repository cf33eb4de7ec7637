// What the bought hours would have cost otherwise: running sums of the ledger, and what a month saved against each.
import { describe, expect, test } from 'vitest';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createMonth } from '../../src/reconcile/month.ts';
import { foldAll } from '../../src/reconcile/fold.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { referencesChange } from '../../src/reconcile/references.ts';
import { periodOf } from '../../src/schedule/periods.ts';
import { createWorld, fleetPolicy, processPolicy, START_MS } from '../simulation/world.ts';
import { basis, createStory, seenNode, type Story } from '../support/story.ts';
import { marketOf, quoteOf } from '../support/scene.ts';

const HOUR_OF = 3600;
const price = centsPerNodeHour;
const costs = (story: Story) => story.books.fleets.get('train')?.referenceCost;
const told = { ceiling: price(1600), block: price(1350) } as const;

describe('reference costs', () => {
  test('count every booked hour at the ceiling, at 1.5 × the ask at the start rounded up to a limit, and at the price of blocks.', () => {
    const story = createStory();
    story.tell({ kind: 'references_changed', fleet: 'train', ...told });
    story.running(0, {}, { basis: { ...basis, ask: price(1001) } });
    expect(costs(story)).toEqual({
      ceiling: 1600 * HOUR_OF,
      vendor_default: 1504 * HOUR_OF,
      all_reserved: 1350 * HOUR_OF,
    });
  });

  test('Where a price is not known the hour counts at what it cost: nothing is claimed as saved.', () => {
    const story = createStory();
    const node = story.waiting(0);
    const seen = seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}` });
    story.tell({ kind: 'node_seen', node, seen, estimate: price(1000), watched: true });
    // Only the ask at its start is known: from the very first time that was booked.
    expect(costs(story)).toEqual({
      ceiling: 1000 * HOUR_OF,
      vendor_default: 1504 * HOUR_OF,
      all_reserved: 1000 * HOUR_OF,
    });
  });

  test('A price counts for what is booked after it, whatever it was before; the ask at the start stays.', () => {
    const story = createStory();
    story.tell({ kind: 'references_changed', fleet: 'train', ...told });
    const node = story.running(0, {}, { basis: { ...basis, ask: price(1000) } });
    story.later(HOUR_MS - MINUTE_MS);
    story.tell({ kind: 'references_changed', fleet: 'train', ceiling: price(2000), block: price(900) });
    story.later(MINUTE_MS);
    const seen = { nodeId: `n_${node}`, procurementId: `p_${node}`, endAtMs: START_MS + 2 * HOUR_MS };
    story.see(node, seenNode(seen), true);
    expect(costs(story)).toEqual({
      ceiling: 3600 * HOUR_OF,
      vendor_default: 2 * 1504 * HOUR_OF,
      all_reserved: 2250 * HOUR_OF,
    });
    expect(foldAll(emptyBooks(), story.records).fleets.get('train')?.referenceCost).toEqual(costs(story));
  });

  test('A month says what was saved: the references of its hours less what was billed and is open.', () => {
    const story = createStory();
    story.tell({ kind: 'references_changed', fleet: 'train', ...told });
    const node = story.running(0, {}, { basis: { ...basis, ask: price(1000) } });
    const order = { kind: 'order_settled', orderId: 'o', node, fromMs: START_MS } as const;
    story.tell({ ...order, toMs: START_MS + HOUR_MS, cost: cents(1010) });
    const month = createMonth({ timeZones: new Map(), withinMs: START_MS + HOUR_MS, periodOf });
    for (const record of story.records) month.add(record);
    expect(month.finish().fleets[0]?.total).toMatchObject({
      settled: 1010 * HOUR_OF,
      atCeiling: 1600 * HOUR_OF,
      atVendorDefault: 1504 * HOUR_OF,
      atAllReserved: 1350 * HOUR_OF,
    });
  });
});

describe('what is written of the prices', () => {
  const fleet = fleetPolicy();
  const at = (ask: number | null) => marketOf([quoteOf(ask, START_MS)]);

  test('The ceiling when it changes, the price of blocks once an hour and never when too old; a quiet world says nothing.', () => {
    const story = createStory();
    const change = (ask: number | null, ceiling = 1600) =>
      referencesChange(
        story.books,
        marketOf([quoteOf(ask, story.nowMs)]),
        { ...fleet, bid: { ...fleet.bid, ceiling: price(ceiling) } },
        story.nowMs,
      );
    const first = change(null);
    expect(first).toMatchObject({ ceiling: 1600, block: null });
    if (first !== null) story.tell(first);
    expect(change(null)).toBeNull();
    const known = change(1200);
    expect(known).toMatchObject({ block: 1200 });
    if (known !== null) story.tell(known);
    story.later(59 * MINUTE_MS);
    expect(change(1210)).toBeNull();
    expect(change(1210, 1700)).toMatchObject({ ceiling: 1700, block: 1210 });
    story.later(MINUTE_MS);
    expect(change(1200)).toBeNull();
    expect(change(1210)).toMatchObject({ block: 1210 });
    expect(change(null)).toBeNull();
    expect(referencesChange(createStory().books, at(1300), fleet, START_MS + 3 * HOUR_MS)).toMatchObject({
      block: null,
    });
  });

  test('A daemon that records asks for blocks too: after hours the sums differ, agree with its spend, and outlive a restart.', async () => {
    const policy = processPolicy({ askEveryMs: 5 * MINUTE_MS });
    const world = await createWorld({ policy });
    const report = await world.run(3 * HOUR_MS);
    const totals = report.fleetTotals[0]?.references;
    const accrued = report.totals[0]?.accrued ?? 0;
    expect(accrued).toBeGreaterThan(0);
    expect(totals?.ceiling).toBe((accrued / 1200) * 1600);
    expect(totals?.vendor_default).toBe((accrued / 1200) * 1800);
    await world.restart();
    expect((await world.turn()).fleetTotals[0]?.references).toEqual(totals);
  });
});
