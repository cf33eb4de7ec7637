// Promise 6: a generation is raised only on proof of the former node's end. Each proof closes, and nothing else does.
import { describe, expect, test } from 'vitest';
import { centsPerNodeHour } from '../../src/domain/money.ts';
import type { SeenNode } from '../../src/domain/node.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { freeSlots } from '../../src/reconcile/make-action.ts';
import { absent, openEyes } from '../support/looking.ts';
import { sceneOf } from '../support/scene.ts';
import { createStory, seenNode, type Story } from '../support/story.ts';
import { START_MS } from '../simulation/world.ts';

const oneRunning = (change: Partial<SeenNode> = {}) => {
  const story = createStory();
  const node = story.running(0, change);
  const shown = seenNode({ nodeId: `n_${node}`, procurementId: `p_${node}`, ...change });
  return { story, node, shown, eyes: openEyes(story) };
};

const oneReserved = () => {
  const story = createStory();
  const endAtMs = START_MS + HOUR_MS;
  const node = story.running(0, { endAtMs }, { hold: 'reserved', endAtMs });
  const shown = seenNode({ nodeId: `n_${node}`, kind: 'reserved', procurementId: null, endAtMs });
  return { story, node, shown, eyes: openEyes(story), endAtMs };
};

const nextName = (story: Story) => freeSlots(sceneOf(story), 1)[0];
const proofs = (entries: readonly { kind: string }[]) =>
  entries.flatMap((entry) => (entry.kind === 'node_ended' && 'proof' in entry ? [entry.proof] : []));

describe('what proves a node’s end', () => {
  test.each(['terminated', 'deleted', 'failed'] as const)(
    '`%s` seen on its own id: the slot goes on with the next generation.',
    (status) => {
      const { story, node, shown, eyes } = oneRunning();
      expect(nextName(story)).toEqual({ slot: 1, generation: 1 });
      expect(proofs(eyes.look([{ ...shown, status }]))).toEqual([status]);
      expect(story.node(node).phase).toBe('ended');
      expect(nextName(story)).toEqual({ slot: 0, generation: 2 });
      expect(story.books.contradiction).toBeNull();
    },
  );

  test('Our DELETE answered 2xx and a later 404 on the id.', () => {
    const { story, node, eyes } = oneRunning();
    const intent = story.tell({ kind: 'delete_intended', node, nodeId: `n_${node}`, why: '' });
    story.accept(intent);
    expect(proofs(eyes.look([], absent(`n_${node}`)))).toEqual(['deleted_by_us']);
    expect(nextName(story)).toEqual({ slot: 0, generation: 2 });
  });

  test('A reservation’s end passed by two minutes on our clock and on the venue’s, and it is not shown running.', () => {
    const over = START_MS + HOUR_MS + 2 * MINUTE_MS;
    const at = (
      nowMs: number,
      venueDateMs: number | null,
      status: SeenNode['status'] | null,
      unreadable = 0,
    ) => {
      const { story, shown, eyes } = oneReserved();
      story.nowMs = nowMs;
      return proofs(eyes.look(status === null ? [] : [{ ...shown, status }], { venueDateMs, unreadable }));
    };
    expect(at(over + 1, over + 1, 'released')).toEqual(['reservation_over']);
    expect(at(over + 1, over + 1, 'unknown')).toEqual(['reservation_over']);
    expect(at(over + 1, over + 1, null)).toEqual(['reservation_over']);
    expect(at(over, over + 1, null)).toEqual([]);
    expect(at(over + 1, over, null)).toEqual([]);
    expect(at(over + 1, null, null)).toEqual([]);
    expect(at(over + 1, over + 1, 'running')).toEqual([]);
    expect(at(over + 1, over + 1, null, 1)).toEqual([]);
  });
});

describe('what proves nothing', () => {
  test('A 404 on the id without a DELETE of ours, however often it comes.', () => {
    const { story, node, eyes } = oneRunning();
    for (let look = 0; look < 100; look += 1) {
      story.later(MINUTE_MS);
      expect(eyes.look([], absent(`n_${node}`, story.node(node).name))).toEqual([]);
    }
    expect(story.node(node).phase).toBe('running');
  });

  test('A DELETE whose answer was lost or refused, followed by a 404.', () => {
    for (const answer of ['unknown', 'refused'] as const) {
      const { story, node, eyes } = oneRunning();
      const intent = story.tell({ kind: 'delete_intended', node, nodeId: `n_${node}`, why: '' });
      if (answer === 'unknown')
        story.tell({
          kind: 'change_unknown',
          intent,
          change: 'delete',
          cause: 'timeout',
          status: null,
          message: '',
        });
      else
        story.tell({
          kind: 'change_refused',
          intent,
          change: 'delete',
          code: 'request',
          status: 400,
          message: '',
        });
      expect(eyes.look([], absent(`n_${node}`))).toEqual([]);
    }
  });

  test('Absence from a listing, complete or with entries that could not be read.', () => {
    const { story, node, eyes } = oneRunning();
    for (const unreadable of [0, 3]) {
      story.later(DAY_MS);
      expect(eyes.look([], { unreadable })).toEqual([]);
    }
    expect(story.node(node).phase).toBe('running');
    expect(eyes.sightings.missing).toEqual([node]);
  });

  test('A status word that is new to us: the node counts as alive and keeps its place.', () => {
    const { story, node, shown, eyes } = oneRunning();
    expect(proofs(eyes.look([{ ...shown, status: 'unknown', statusText: 'hibernating' }]))).toEqual([]);
    expect(story.node(node).phase).toBe('running');
    expect(nextName(story)?.slot).toBe(1);
  });
});

describe('one look can prove an end and show more; the books stay free of contradiction', () => {
  test('A node that ended before its procurement was ever read is closed once, and nothing more is said of it.', () => {
    const story = createStory();
    const node = story.waiting(0);
    const eyes = openEyes(story);
    const procurement = {
      procurementId: `p_${node}`,
      limit: centsPerNodeHour(1000),
      horizonMs: 0,
      desiredNodes: 0,
    };
    const dead = seenNode({ nodeId: `n_${node}`, status: 'terminated', procurementId: `p_${node}` });
    const entries = eyes.look([dead], { procurements: new Map([[`p_${node}`, procurement]]) });
    expect(entries.map((entry) => entry.kind)).toEqual(['node_seen', 'node_ended']);
    expect(story.books.contradiction).toBeNull();
  });

  test('A reservation that failed while the answer to its extension was lost is closed once.', () => {
    const { story, node, shown, eyes, endAtMs } = oneReserved();
    const extend = {
      kind: 'extend_intended',
      node,
      nodeId: `n_${node}`,
      endBeforeMs: endAtMs,
      endAfterMs: endAtMs + HOUR_MS,
    } as const;
    const intent = story.tell({
      ...extend,
      limit: centsPerNodeHour(1000),
      basis: { lookAtMs: 0, ask: null, askedAtMs: null },
      why: '',
    });
    story.tell({
      kind: 'change_unknown',
      intent,
      change: 'extend',
      cause: 'timeout',
      status: null,
      message: '',
    });
    story.later(16 * MINUTE_MS);
    expect(eyes.look([shown])).toEqual([]);
    story.later(30 * SECOND_MS);
    expect(proofs(eyes.look([{ ...shown, status: 'failed' }]))).toEqual(['failed']);
    expect(story.books.contradiction).toBeNull();
  });

  test('A reservation that vanished while its extension is unknown is over two minutes after the extended end, not before.', () => {
    const { story, node, eyes, endAtMs } = oneReserved();
    const extend = {
      kind: 'extend_intended',
      node,
      nodeId: `n_${node}`,
      endBeforeMs: endAtMs,
      endAfterMs: endAtMs + HOUR_MS,
    } as const;
    story.tell({
      ...extend,
      limit: centsPerNodeHour(1000),
      basis: { lookAtMs: 0, ask: null, askedAtMs: null },
      why: '',
    });
    story.nowMs = endAtMs + HOUR_MS;
    expect(eyes.look([], absent(`n_${node}`))).toEqual([]);
    story.nowMs = endAtMs + HOUR_MS + 2 * MINUTE_MS + 1;
    expect(proofs(eyes.look([], absent(`n_${node}`)))).toEqual(['reservation_over']);
    expect(story.books.contradiction).toBeNull();
  });
});
