// The guard at the one gate that may spend: every refusal by its name, each against the smallest world that causes it. What
// is refused here is a promise of DESIGN §2.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createOf, deleteOf, releaseOf, repostOf } from '../../src/reconcile/make-action.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { buy, extend, gateOf, raise, reservedFor, said } from '../support/gate.ts';
import { sceneOf } from '../support/scene.ts';
import { createStory, price } from '../support/story.ts';

describe('what passes', () => {
  test('An ordinary purchase, raise, extension, re-post, release and delete.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const held = story.running(1);
    const block = reservedFor(story, 2);
    const lost = story.create({ slot: 3 });
    const policy = sceneOf(story);
    const all = [
      raise(story, bid, 1240),
      extend(story, block),
      repostOf(policy, story.node(lost), ''),
      releaseOf(story.node(held), 'surplus', ''),
      deleteOf(story.node(bid), ''),
    ];
    for (const action of all) expect(said(story, action)).toBe('passed');
    expect(said(createStory(), buy(createStory()))).toBe('passed');
  });
});

describe('price', () => {
  test('`ceiling`: no request carries a limit above the ceiling rounded down, nor one that a procurement cannot express; a lowering neither.', () => {
    const story = createStory();
    const ceiling = price(1607);
    expect(said(story, buy(story, 0, 1600), { fleet: { bid: { ...fleetPolicy().bid, ceiling } } })).toBe(
      'passed',
    );
    expect(said(story, buy(story, 0, 1608), { fleet: { bid: { ...fleetPolicy().bid, ceiling } } })).toBe(
      'ceiling',
    );
    expect(said(story, buy(story, 0, 1204))).toBe('ceiling');
    expect(said(story, buy(story, 0, 0))).toBe('ceiling');
    const node = story.waiting(0, { limit: price(2400) });
    expect(said(story, raise(story, node, 2000))).toBe('ceiling');
    expect(said(story, raise(story, node, 1600))).toBe('passed');
  });

  test('`hard_cap`: nor one above the cap of the process, whatever the fleet’s ceiling says; and no more nodes than the process may hold.', () => {
    const story = createStory();
    const limits = processPolicy().limits;
    expect(
      said(story, buy(story, 0, 1208), { policy: { limits: { ...limits, ceiling: price(1200) } } }),
    ).toBe('hard_cap');
    expect(
      said(story, buy(story, 0, 1200), { policy: { limits: { ...limits, ceiling: price(1200) } } }),
    ).toBe('passed');
    story.waiting(0);
    story.tell({ kind: 'unowned_seen', nodeId: 'n_x', name: 'bk-x', fleet: null });
    expect(said(story, buy(story, 1), { policy: { limits: { ...limits, nodes: 2 } } })).toBe('hard_cap');
    expect(said(story, buy(story, 1), { policy: { limits: { ...limits, nodes: 3 } } })).toBe('passed');
  });

  test('`price_band`: nothing is bought at, or from an ask of, less than 5 % or more than 300 % of the ceiling.', () => {
    const story = createStory();
    expect(said(story, buy(story, 0, 72))).toBe('price_band');
    expect(said(story, buy(story, 0, 80))).toBe('passed');
    const from = (ask: number) => {
      const action = createOf(sceneOf(story, { ask }), {
        zone: 'hayesvalley',
        limit: price(1200),
        slot: 0,
        generation: 1,
        endAtMs: null,
        coverUntilMs: story.nowMs + HOUR_MS,
        why: '',
      });
      return said(story, action);
    };
    expect([from(79), from(80), from(4800), from(4801)]).toEqual([
      'price_band',
      'passed',
      'passed',
      'price_band',
    ]);
  });
});

describe('what stops all buying', () => {
  test('`pause`: from the request on nothing that adds spend passes; letting go and lowering do.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const block = reservedFor(story, 1);
    story.tell({ kind: 'pause_requested', by: 'ann', why: 'budget review' });
    for (const action of [buy(story, 2), raise(story, bid, 1240), extend(story, block)])
      expect(said(story, action)).toBe('pause');
    for (const action of [releaseOf(story.node(bid), 'paused', ''), raise(story, bid, 1000)])
      expect(said(story, action)).toBe('passed');
  });

  test('`breaker`: after a 403 nothing is bought until a person resumes.', () => {
    const story = createStory();
    story.tell({ kind: 'breaker_opened', cause: '403' });
    expect(said(story, buy(story))).toBe('breaker');
    story.tell({ kind: 'resume_requested', by: 'ann', why: '' });
    expect(said(story, buy(story))).toBe('passed');
  });

  test('`contradiction`: books that contradict themselves buy nothing, raise nothing, lower nothing and release nothing.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    const actions = [
      buy(story, 1),
      raise(story, bid, 1240),
      raise(story, bid, 1000),
      releaseOf(story.node(bid), 'surplus', ''),
      deleteOf(story.node(bid), ''),
    ];
    story.accept(999);
    for (const action of actions) expect(said(story, action)).toBe('contradiction');
  });

  test('`dry_run`: what would pass is shown and not sent; what would not shows its true reason, judged as if the first had been sent.', () => {
    const story = createStory();
    const gate = gateOf(story, { policy: { mode: 'dry_run' }, at: { wantedNodes: new Map([['train', 1]]) } });
    const guards = [buy(story, 0), buy(story, 1)].map((action) => gate.judge(action));
    expect(guards.map((verdict) => verdict.passed || verdict.guard)).toEqual(['dry_run', 'surge']);
    const bid = story.waiting(2);
    expect(said(story, releaseOf(story.node(bid), 'surplus', ''), { policy: { mode: 'dry_run' } })).toBe(
      'dry_run',
    );
  });

  test('`not_leader`: without the lease nothing is done at all, a release neither.', () => {
    const story = createStory();
    const bid = story.waiting(0);
    for (const action of [buy(story, 1), releaseOf(story.node(bid), 'surplus', '')]) {
      expect(said(story, action, { at: { leaseHeld: false } })).toBe('not_leader');
    }
  });

  test('`funds`: after a 402 the next purchase waits five minutes, twice as long after each further one, an hour at most.', () => {
    const story = createStory();
    const waits: number[] = [];
    for (let refusal = 0; refusal < 6; refusal += 1) {
      story.tell({
        kind: 'change_refused',
        intent: story.create(),
        change: 'create',
        code: 'funds',
        status: 402,
        message: '',
      });
      const from = story.nowMs;
      while (said(story, buy(story)) === 'funds') story.later(MINUTE_MS);
      waits.push((story.nowMs - from) / MINUTE_MS);
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });
});

describe('sight', () => {
  test('`stale_look`: nothing is bought from a look older than a minute, or from the future.', () => {
    const story = createStory();
    const at = (age: number) => ({
      at: { lookAskedAtMs: story.nowMs - age, venueDateMs: story.nowMs - age },
    });
    expect(said(story, buy(story), at(MINUTE_MS))).toBe('passed');
    expect(said(story, buy(story), at(MINUTE_MS + 1))).toBe('stale_look');
    expect(said(story, buy(story), at(-1))).toBe('stale_look');
  });

  test('`clock_skew`: nor while our clock and the venue’s differ by more than two minutes, or the venue sends no date.', () => {
    const story = createStory();
    for (const [venueDateMs, expected] of [
      [story.nowMs + 2 * MINUTE_MS, 'passed'],
      [story.nowMs + 2 * MINUTE_MS + 1, 'clock_skew'],
      [story.nowMs - 2 * MINUTE_MS - 1, 'clock_skew'],
      [null, 'clock_skew'],
    ] as const) {
      expect(said(story, buy(story), { at: { venueDateMs } })).toBe(expected);
    }
  });
});
