// From plans to requests: who gets money first, what is written for it, and the last questions before the wire.
import { describe, expect, test } from 'vitest';
import type { Change, Outcome } from '../../src/domain/change.ts';
import type { LedgerRecord } from '../../src/domain/entry.ts';
import { cents } from '../../src/domain/money.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { act, type ActDeps } from '../../src/daemon/act.ts';
import { decide, intentEntries } from '../../src/daemon/decide.ts';
import type { Action } from '../../src/reconcile/action.ts';
import { createGate } from '../../src/reconcile/guard.ts';
import { createOf, releaseOf } from '../../src/reconcile/make-action.ts';
import { planFleet } from '../../src/reconcile/plan.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { circumstances, marketOf, sceneOf } from '../support/scene.ts';
import { createStory, price, teachEdges, type Story } from '../support/story.ts';

const ACCEPTED: Outcome = { kind: 'accepted', node: null, procurement: null };

const buy = (story: Story, slot: number): Action =>
  createOf(sceneOf(story), {
    zone: 'hayesvalley',
    limit: price(1016),
    slot,
    generation: 1,
    endAtMs: null,
    coverUntilMs: story.nowMs + HOUR_MS,
    why: '',
  });

/** A venue that keeps what it was sent; `before` runs as each request arrives. */
const stage = (
  change: Partial<ActDeps> = {},
  before: (sent: Change) => Promise<Outcome | undefined> = async () => undefined,
) => {
  const sent: Change[] = [];
  let most = 0;
  let now = 0;
  const deps: ActDeps = {
    clock: { now: () => 0, monotonic: () => 0 },
    ledger: { head: () => 10 },
    lease: { held: () => true },
    market: () => marketOf([]),
    deadlines: { tickMs: 90_000, changeMs: 60_000 },
    changesAtOnce: 3,
    venue: {
      send: async (one) => {
        sent.push(one);
        now += 1;
        most = Math.max(most, now);
        const outcome = (await before(one)) ?? ACCEPTED;
        await Promise.resolve();
        now -= 1;
        return outcome;
      },
    },
    ...change,
  };
  return { deps, sent, atOnce: () => most };
};

const run = async (deps: ActDeps, actions: readonly Action[]) => {
  const records = actions.map((action, index): LedgerRecord => ({
    seq: index + 5,
    atMs: 0,
    entry: action.intent,
  }));
  return act(deps, { actions, records, head: 10, startedMonotonicMs: 0 });
};

describe('acting', () => {
  test('Each change is sent exactly once, a few at a time, and its outcome answers its own intent.', async () => {
    const story = createStory();
    const actions = Array.from({ length: 10 }, (_, slot) => buy(story, slot));
    const outcomes: readonly Outcome[] = [
      ACCEPTED,
      { kind: 'refused', code: 'price', status: 400, message: 'low' },
      { kind: 'unknown', cause: 'timeout', status: null, message: 'late' },
    ];
    const { deps, sent, atOnce } = stage(
      {},
      async (one) => outcomes[Number(/-(\d)-g1/.exec('name' in one ? one.name : '')?.[1]) % 3],
    );
    const done = await run(deps, actions);
    expect(sent).toHaveLength(10);
    expect(atOnce()).toBe(3);
    expect(done.entries.map((entry) => [entry.kind, 'intent' in entry && entry.intent])).toEqual(
      Array.from({ length: 10 }, (_, index) => [
        ['change_accepted', 'change_refused', 'change_unknown'][index % 3],
        index + 5,
      ]),
    );
    expect(done.sent.map((one) => one.name)).toEqual(actions.map((action) => action.name));
  });

  test('Once the ledger moved on nothing more is bought, while letting go goes on; what is not sent is refused by proof.', async () => {
    const story = createStory();
    const bid = story.waiting(0);
    let head = 10;
    const { deps, sent } = stage({ ledger: { head: () => head }, changesAtOnce: 1 }, async () => {
      head = 11;
      return undefined;
    });
    const done = await run(deps, [buy(story, 1), buy(story, 2), releaseOf(story.node(bid), 'surplus', '')]);
    expect(sent.map((one) => one.kind)).toEqual(['create', 'release']);
    expect(done.entries).toMatchObject([
      { kind: 'change_accepted' },
      { kind: 'change_refused', code: 'not_sent', status: null },
      { kind: 'change_accepted' },
    ]);
  });

  test('A ledger that cannot be read, or a lost lease, stops the spending at once; a lost lease stops everything.', async () => {
    const story = createStory();
    const bid = story.waiting(0);
    const actions = [buy(story, 1), releaseOf(story.node(bid), 'surplus', '')];
    const unreadable = stage({
      ledger: {
        head: () => {
          throw new Error('disk gone');
        },
      },
    });
    await run(unreadable.deps, actions);
    expect(unreadable.sent.map((one) => one.kind)).toEqual(['release']);
    const led = stage({ lease: { held: () => false } });
    await run(led.deps, actions);
    expect(led.sent).toEqual([]);
  });

  test('An action whose record is not its own intent is never sent.', async () => {
    const story = createStory();
    const bid = story.waiting(0);
    const { deps, sent } = stage();
    const records: LedgerRecord[] = [
      { seq: 5, atMs: 0, entry: releaseOf(story.node(bid), 'surplus', '').intent },
    ];
    await act(deps, { actions: [buy(story, 1), buy(story, 2)], records, head: 10, startedMonotonicMs: 0 });
    expect(sent).toEqual([]);
  });
});

describe('deciding', () => {
  test('Money goes first to what is held, then to what stands, then to what is new, cheap before dear, over all fleets.', () => {
    const story = createStory();
    const [train, infer] = [fleetPolicy(), fleetPolicy({ name: 'infer' })];
    story.running(0, {}, { limit: price(1000) });
    const limits = { ...processPolicy().limits, budget: { hour: cents(2024) } };
    const policy = { ...processPolicy(), fleets: [train, infer], limits };
    const wantedNodes = new Map([
      ['train', 2],
      ['infer', 1],
    ]);
    const gate = createGate(circumstances(story.books, story.nowMs, { policy, wantedNodes }));
    const decided = decide(
      [
        planFleet({ ...sceneOf(story, { nodes: 2, ask: 1200 }), policy }),
        planFleet({ ...sceneOf(story, { nodes: 1, ask: 1000 }), policy, fleet: infer }),
      ],
      gate,
    );
    expect(decided.renewals).toHaveLength(1);
    expect(decided.passed.map((action) => [action.name, action.limit])).toEqual([
      ['bk-ab12-infer-0-g1', 1016],
    ]);
    expect(decided.decisions.filter((one) => one.refusedBy !== null)).toMatchObject([
      { fleet: 'train', refusedBy: 'budget' },
    ]);
    expect(decided.climbs.map((climb) => climb.fleet)).toEqual(['infer']);
  });

  test('At the limit of the budget an autoreserved node is released before its edge; without the lease nothing is.', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    story.nowMs += HOUR_MS - 3 * MINUTE_MS;
    const fleets = [fleetPolicy({ budget: { day: cents(2399) } })];
    const decideAt = (leaseHeld: boolean) => {
      const policy = processPolicy({ fleets });
      const gate = createGate(circumstances(story.books, story.nowMs, { policy, leaseHeld }));
      return decide([planFleet({ ...sceneOf(story, { ask: null }), policy })], gate);
    };
    expect(decideAt(true).passed.map((action) => action.intent)).toMatchObject([
      { kind: 'release_intended', reason: 'budget' },
    ]);
    expect(decideAt(false).passed).toEqual([]);
    fleets[0] = fleetPolicy({ budget: { day: cents(2400) } });
    expect(decideAt(true)).toMatchObject({ passed: [], renewals: [{ node: 2 }] });
  });

  test('A contradiction releases nothing, not even what the budget would no longer carry.', () => {
    const story = createStory();
    teachEdges(story);
    story.running(0);
    story.nowMs += HOUR_MS - 3 * MINUTE_MS;
    story.accept(999);
    const policy = processPolicy({ fleets: [fleetPolicy({ budget: { day: cents(1) } })] });
    const gate = createGate(circumstances(story.books, story.nowMs, { policy }));
    expect(decide([planFleet({ ...sceneOf(story, { ask: null }), policy })], gate).passed).toEqual([]);
  });

  test('Intents stand first, the n-th for the n-th action; the hours let through for a bid name the number its intent will have.', () => {
    const story = createStory();
    const held = story.running(0);
    const gate = createGate(circumstances(story.books, story.nowMs));
    const decided = decide([planFleet(sceneOf(story, { nodes: 3 }))], gate);
    const head = story.records.length;
    const entries = intentEntries(decided, head);
    expect(entries.slice(0, 2).map((entry) => entry.kind)).toEqual(['create_intended', 'create_intended']);
    for (const entry of entries) story.tell(entry);
    expect(story.books.contradiction).toBeNull();
    const until = decided.renewals[0]?.untilMs;
    for (const seq of [held, head + 1, head + 2]) expect(story.node(seq).authorisedUntilMs).toBe(until);
  });
});
