// Thirty days of a small account: two fleets of bids and one of blocks, a stranger who buys on the same account, and all that
// moves money beside the plain course of things, drawn from a seed. What the daemon's ledger says of it is held against the
// market's own books.
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import type { TickReport } from '../../src/domain/report.ts';
import type { PaymentRule } from '../../src/domain/simulated-market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import type { BillRow } from '../../src/market/state.ts';
import { openStream, drawUnit, type Stream } from '../../src/market/random.ts';
import { createWorld, fleetPolicy, marketSettings, processPolicy, type World } from '../simulation/world.ts';

export const FLEETS = ['train', 'serve', 'base'] as const;

const zone = (name: string, mean: number) => ({
  name,
  region: 'us-west',
  gpu: 'h100',
  instanceType: 'h100i',
  capacityNodes: 100,
  ask: {
    kind: 'synthetic',
    mean: centsPerNodeHour(mean),
    volatility: 2000,
    low: centsPerNodeHour(400),
    high: centsPerNodeHour(3000),
  } as const,
});

const policy = processPolicy({
  lookGapMs: 30 * MINUTE_MS,
  fleets: [
    fleetPolicy({
      name: 'train',
      zones: ['north'],
      schedule: { timeZone: 'UTC', baseGpus: 24, windows: [] },
    }),
    fleetPolicy({
      name: 'serve',
      zones: ['south'],
      schedule: { timeZone: 'UTC', baseGpus: 16, windows: [] },
    }),
    fleetPolicy({
      name: 'base',
      zones: ['north'],
      hold: 'reserved',
      blockMs: 2 * HOUR_MS,
      schedule: { timeZone: 'UTC', baseGpus: 8, windows: [] },
    }),
  ],
});

interface Days {
  readonly world: World;
  readonly chance: Stream;
  readonly happened: Map<string, number>;
}

export interface Outcome {
  readonly world: World;
  readonly report: TickReport;
  readonly happened: ReadonlyMap<string, number>;
  readonly records: readonly LedgerRecord[];
}

const count = (days: Days, what: string): void =>
  void days.happened.set(what, (days.happened.get(what) ?? 0) + 1);

const pick = <One>(days: Days, from: readonly One[]): One | undefined =>
  from[Math.floor(drawUnit(days.chance) * from.length)];

const fleetOf = (name: string): string | null => /^bk-[a-z0-9]{4}-([a-z]+)-\d+-g\d+$/.exec(name)?.[1] ?? null;

/** Recent bills of ours, neither corrected nor refunded before, so that each order meets one trouble. */
const recentBills = (days: Days, touched: ReadonlySet<string>): readonly BillRow[] => {
  const { bills, nowMs } = days.world.market.records();
  return bills.filter(
    (bill) => fleetOf(bill.nodeName) !== null && bill.atMs > nowMs - DAY_MS && !touched.has(bill.orderId),
  );
};

const disturb = (days: Days, touched: Set<string>, gentle: boolean): void => {
  const { market, nowMs } = days.world;
  const drawn = drawUnit(days.chance);
  const bill = pick(days, recentBills(days, touched));
  const node = pick(
    days,
    market.records().nodes.filter((one) => one.status === 'running' && fleetOf(one.name) !== null),
  );
  if (bill === undefined || node === undefined) return;
  const hit = (what: string, done: boolean): void => {
    if (!done) return;
    count(days, what);
  };
  if (drawn < 0.35 && node.kind === 'autoreserved') {
    hit('evicted', market.happen({ kind: 'end_node', node: node.nodeId, as: 'awaitingcapacity' }));
  } else if (drawn < 0.45 && !gentle) {
    hit('lost', market.happen({ kind: 'end_node', node: node.nodeId, as: 'terminated' }));
  } else if (drawn < 0.6) {
    touched.add(bill.orderId);
    hit('refund', market.happen({ kind: 'refund', order: bill.orderId, cents: Math.ceil(bill.cost / 3) }));
  } else if (drawn < 0.7) {
    touched.add(bill.orderId);
    hit('correction', market.happen({ kind: 'correct_order', order: bill.orderId, cents: bill.cost + 7 }));
    if (drawn < 0.65)
      market.plan(nowMs() + 5 * HOUR_MS, {
        kind: 'correct_order',
        order: bill.orderId,
        cents: Math.max(1, bill.cost - 11),
      });
  } else if (drawn < 0.8) {
    const running = recentBills(days, touched).filter((one) => one.toMs > nowMs() + 10 * MINUTE_MS);
    const sold = pick(days, running);
    if (sold === undefined) return;
    touched.add(sold.orderId);
    hit('sale', market.happen({ kind: 'sell_rest', order: sold.orderId, cents: 25 }));
  } else if (drawn < 0.85) {
    hit('refund of nothing named', market.happen({ kind: 'refund', order: null, cents: 100 }));
  } else if (drawn < 0.9) {
    hit('grant', market.happen({ kind: 'move_balance', cents: 5000 }));
  } else {
    // A fill and its loss between two looks: evicted, hit again within minutes, evicted again.
    if (node.kind !== 'autoreserved') return;
    hit('unseen', market.happen({ kind: 'end_node', node: node.nodeId, as: 'awaitingcapacity' }));
    market.plan(nowMs() + 2 * MINUTE_MS, { kind: 'end_node', node: node.nodeId, as: 'awaitingcapacity' });
  }
};

/** Somebody else buys on the same account. */
const strangerBuys = (days: Days): void => {
  const body = {
    desired_count: 1,
    names: [`other-${days.world.nowMs()}`],
    zone: 'south',
    node_type: 'autoreserved',
    max_price_per_node_hour: 4000,
  };
  days.world.market.handle(
    {
      method: 'POST',
      path: '/v1/nodes',
      headers: { authorization: 'Bearer other', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
    days.world.nowMs(),
  );
  count(days, 'stranger');
};

const strangerLeaves = ({ world }: Days): void => {
  const node = world.market.records().nodes.find((one) => one.name.startsWith('other-'));
  world.market.happen({ kind: 'end_node', node: node?.nodeId ?? '', as: 'terminated' });
};

const EVERY_MS = 30 * MINUTE_MS;

/** Thirty days under a rule, an outage in them and a backup restored, and a quiet end in which all is settled. */
export const liveThirtyDays = async (rule: PaymentRule, seed: number): Promise<Outcome> => {
  const market = marketSettings({
    seed,
    paymentRule: rule,
    stepMs: 5 * MINUTE_MS,
    zones: [zone('north', 1100), zone('south', 1200)],
    balance: cents(1_000_000_000),
  });
  const world = await createWorld({ market, policy });
  const days: Days = { world, chance: openStream(seed, 'trouble'), happened: new Map() };
  const touched = new Set<string>();
  const hours = async (span: number, gentle = false): Promise<void> => {
    for (let hour = 0; hour < span; hour += 1) {
      const atMs = Math.floor(drawUnit(days.chance) * 50) * MINUTE_MS;
      await world.run(atMs, EVERY_MS);
      if (drawUnit(days.chance) < 0.4) disturb(days, touched, gentle);
      await world.run(HOUR_MS - atMs, EVERY_MS);
      // Thousands of reports would fill the memory; only the last is looked at.
      world.reports.length = 0;
    }
  };
  await hours(4 * 24);
  strangerBuys(days);
  await hours(2 * 24);
  strangerLeaves(days);
  await hours(4 * 24);
  for (let hour = 0; hour < 9; hour += 1) {
    disturb(days, touched, false);
    world.pass(HOUR_MS);
  }
  count(days, 'outage');
  await world.restart();
  await hours(9 * 24);
  const backup = await world.records();
  world.market.happen({ kind: 'set_ask', zone: 'north', ask: 900 });
  world.market.happen({ kind: 'set_ask', zone: 'south', ask: 900 });
  await hours(6, true);
  await world.restart(backup);
  count(days, 'backup restored');
  await hours(2, true);
  world.market.happen({ kind: 'set_ask', zone: 'north', ask: 'source' });
  world.market.happen({ kind: 'set_ask', zone: 'south', ask: 'source' });
  await hours(10 * 24);
  // A quiet day and more: what strangers bought last is told from ours within it.
  const report = await world.run(26 * HOUR_MS, EVERY_MS);
  return { world, report, happened: days.happened, records: await world.records() };
};

export interface Books {
  /** Cents by fleet: bills as they are now, and what came back for them. */
  readonly billed: ReadonlyMap<string, number>;
  readonly returned: ReadonlyMap<string, number>;
  /** Bills of nodes that this ledger never owned. */
  readonly others: number;
}

const add = (sums: Map<string, number>, fleet: string, amount: number): void =>
  void sums.set(fleet, (sums.get(fleet) ?? 0) + amount);

/** The market's own books; a node belongs to the fleet in its name when the ledger knows it. */
export const marketBooks = ({ world, records }: Outcome): Books => {
  const known = new Set<string>();
  for (const { entry } of records) {
    if (entry.kind === 'node_seen') known.add(entry.seen.nodeId);
    if (entry.kind === 'change_accepted' && entry.node !== null) known.add(entry.node.nodeId);
  }
  const { bills, returns } = world.market.records();
  const billed = new Map<string, number>();
  const returned = new Map<string, number>();
  const owner = new Map<string, string>();
  let others = 0;
  for (const bill of bills) {
    const fleet = known.has(bill.nodeId) ? fleetOf(bill.nodeName) : null;
    if (fleet === null) others += bill.cost;
    else {
      owner.set(bill.orderId, fleet);
      add(billed, fleet, bill.cost);
    }
  }
  for (const { orderId, amount } of returns) {
    const fleet = owner.get(orderId ?? '');
    if (fleet !== undefined) add(returned, fleet, amount);
  }
  return { billed, returned, others };
};
