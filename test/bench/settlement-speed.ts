// Settlement: what a month of 140 nodes costs to settle, 100,000 transactions of the account, hour by hour as a daemon does it:
// the real client reads the market's transactions, contracts and orders, and what is new is folded into the books. The
// market's own work of serving them is part of the time.
import { serialize } from 'node:v8';
import { createSettlement } from '../../src/daemon/settlement.ts';
import type { Entry } from '../../src/domain/entry.ts';
import type { SettlementNews } from '../../src/domain/look.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createMarket } from '../../src/market/market.ts';
import { emptyBooks } from '../../src/reconcile/books.ts';
import { fold } from '../../src/reconcile/fold.ts';
import { settle } from '../../src/reconcile/settle.ts';
import { inProcess, marketSettings, START_MS } from '../simulation/world.ts';
import { clientOn } from './held-world.ts';
import { spreadOf, timed, type Spread } from './statistics.ts';

export interface SettlementSpeed {
  readonly nodes: number;
  readonly transactions: number;
  readonly entries: number;
  readonly calls: number;
  readonly seconds: number;
  /** One hour's purchases: read, judged and folded. */
  readonly roundMs: Spread;
  /** Judging and folding alone, without reading. */
  readonly foldMs: Spread;
  /** The books at the end, as bytes of a snapshot. */
  readonly booksMb: number;
}

const NODES = 140;
const LIMIT = centsPerNodeHour(1600);

export const measureSettlement = async (hours: number): Promise<SettlementSpeed> => {
  const market = createMarket(
    { ...marketSettings({ balance: cents(1_000_000_000_000), stepMs: HOUR_MS }), zones: zonesFor(NODES) },
    START_MS,
    { bills: 1_000_000 },
  );
  const now = { ms: START_MS + MINUTE_MS };
  let calls = 0;
  const clock = { now: () => now.ms, monotonic: () => now.ms };
  const transport = inProcess(
    () => market,
    () => now.ms,
  );
  const venue = clientOn((request, deadline) => {
    calls += 1;
    return transport(request, deadline);
  }, clock);
  const books = emptyBooks();
  const tell = (entry: Entry): void => fold(books, { seq: books.seq + 1, atMs: now.ms, entry });
  tell({ kind: 'ledger_opened', ledgerId: 'ab12', namePrefix: 'bk' });
  for (let slot = 0; slot < NODES; slot += 1) {
    const name = `bk-ab12-train-${slot}-g1`;
    const basis = { lookAtMs: now.ms, ask: null, askedAtMs: null };
    const asked = {
      name,
      zone: 'hayesvalley',
      limit: LIMIT,
      hold: 'autoreserved',
      startAtMs: null,
      endAtMs: null,
    } as const;
    tell({
      kind: 'create_intended',
      ...asked,
      fleet: 'train',
      slot,
      generation: 1,
      gpu: 'h100',
      cloudInitHash: null,
      basis,
      why: 'bench',
    });
    const intent = books.seq;
    const node = { imageId: null, cloudInit: null, cloudInitHash: null, forward443: false };
    const outcome = await venue.send({ kind: 'create', ...asked, node });
    if (outcome.kind !== 'accepted') throw new Error(`a node was not bought: ${outcome.kind}`);
    tell({
      kind: 'change_accepted',
      intent,
      change: 'create',
      node: outcome.node,
      limit: null,
      estimate: null,
    });
  }
  let news: readonly SettlementNews[] = [];
  const settlement = createSettlement({
    clock,
    venue,
    deliver: (more) => {
      news = [...news, ...more];
    },
    onProblem: (what, message) => {
      throw new Error(`${what}: ${message}`);
    },
  });
  const rounds: number[] = [];
  const folds: number[] = [];
  const from = performance.now();
  for (let hour = 0; hour < hours; hour += 1) {
    now.ms += HOUR_MS;
    market.advanceTo(now.ms);
    const round = await timed(async () => {
      settlement.poll(books);
      await settlement.idle();
      const folding = await timed(() => {
        for (const entry of settle(books, news)) tell(entry);
      });
      folds.push(folding.tookMs);
      news = [];
    });
    rounds.push(round.tookMs);
  }
  const seconds = (performance.now() - from) / 1000;
  const billed = market.records().bills.reduce((sum, bill) => sum + bill.cost, 0);
  const settled = [...books.sums.values()].reduce((sum, one) => sum + one.settled, 0) / 3600;
  if (settled !== billed) throw new Error(`settled ${settled} cents of ${billed}`);
  return {
    nodes: NODES,
    transactions: market.records().bills.length,
    entries: books.seq,
    calls,
    seconds,
    roundMs: spreadOf(rounds),
    foldMs: spreadOf(folds),
    booksMb: serialize(books).byteLength / 1e6,
  };
};

const zonesFor = (nodes: number) =>
  marketSettings().zones.map((zone) => ({ ...zone, capacityNodes: nodes + 10 }));
