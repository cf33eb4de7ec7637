// A purchase whose answer was lost is resolved by looking: found by its name, or void after the quarantine and two looks.
import { describe, expect, test } from 'vitest';
import type { Seq } from '../../src/domain/entry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { lookRequest } from '../../src/reconcile/close.ts';
import { freeSlots } from '../../src/reconcile/make-action.ts';
import { absent, openEyes } from '../support/looking.ts';
import { sceneOf } from '../support/scene.ts';
import { createStory, nameOfSlot, seenNode, type Story } from '../support/story.ts';

const NAME = nameOfSlot(0);
const QUARANTINE = 15 * MINUTE_MS;

const lose = (story: Story, intent: Seq): void => {
  story.tell({
    kind: 'change_unknown',
    intent,
    change: 'create',
    cause: 'timeout',
    status: null,
    message: 'lost',
  });
};

const oneUnknown = () => {
  const story = createStory();
  const node = story.create();
  lose(story, node);
  return { story, node, eyes: openEyes(story) };
};

const nextName = (story: Story) => freeSlots(sceneOf(story), 1)[0];
const kinds = (entries: readonly { kind: string }[]): string[] => entries.map((entry) => entry.kind);

describe('a lost answer', () => {
  test('The name is looked up, and a node that carries it is ours, as it is shown.', () => {
    const { story, node, eyes } = oneUnknown();
    expect(lookRequest(story.books, eyes.sightings, story.nowMs).nodes).toEqual([NAME]);
    eyes.look([], { lookups: new Map([[NAME, seenNode()]]) });
    expect(story.node(node)).toMatchObject({ phase: 'running', nodeId: 'n_0' });
    expect(story.books.open.size).toBe(0);
  });

  test('It is void by proof after the quarantine and two complete looks without it; its name may then be sent again.', () => {
    const { story, node, eyes } = oneUnknown();
    story.later(QUARANTINE - 1);
    for (let look = 0; look < 5; look += 1) expect(eyes.look([], absent(NAME))).toEqual([]);
    story.later(1);
    expect(eyes.look([], absent(NAME))).toEqual([]);
    expect(eyes.look([], absent(NAME))).toEqual([
      { kind: 'intent_voided', intent: node, proof: 'absent_after_quarantine' },
    ]);
    expect(story.node(node).phase).toBe('void');
    expect(nextName(story)).toEqual({ slot: 0, generation: 1 });
  });

  test('A person who says that it was never made waives the quarantine, and not the two looks.', () => {
    const { story, node, eyes } = oneUnknown();
    story.tell({
      kind: 'unknown_acknowledged',
      node,
      by: 'anna',
      why: 'the page of the venue does not show it',
    });
    expect(eyes.look([], absent(NAME))).toEqual([]);
    expect(eyes.look([], absent(NAME))).toEqual([
      { kind: 'intent_voided', intent: node, proof: 'acknowledged_absent' },
    ]);
    expect(story.node(node).phase).toBe('void');
    // The person was wrong: what turns up is held again and nothing is bought in its place.
    eyes.look([], { lookups: new Map([[NAME, seenNode()]]) });
    expect(story.node(node)).toMatchObject({ phase: 'running', nodeId: 'n_0' });
    expect(nextName(story)?.slot).toBe(1);
  });

  test('Looks that could not read every entry, or whose lookup of the name failed, count for nothing.', () => {
    const { story, node, eyes } = oneUnknown();
    story.later(DAY_MS);
    for (let look = 0; look < 5; look += 1) {
      expect(eyes.look([], { ...absent(NAME), unreadable: 1 })).toEqual([]);
      expect(eyes.look([])).toEqual([]);
    }
    expect(story.node(node).phase).toBe('unknown');
    expect(nextName(story)).toEqual({ slot: 1, generation: 1 });
  });

  test('A crash between intent and answer is the same: an intent that was only asked is void by the same proof.', () => {
    const story = createStory();
    const node = story.create();
    const eyes = openEyes(story);
    story.later(QUARANTINE);
    eyes.look([], absent(NAME));
    expect(kinds(eyes.look([], absent(NAME)))).toEqual(['intent_voided']);
    expect(story.node(node).phase).toBe('void');
  });

  test('A re-post begins the quarantine anew, and its refusal does not refuse the intent.', () => {
    const { story, node, eyes } = oneUnknown();
    story.later(10 * MINUTE_MS);
    const repost = story.tell({
      kind: 'repost_intended',
      node,
      name: NAME,
      limit: story.node(node).limit,
      basis: { lookAtMs: 0, ask: null, askedAtMs: null },
      why: '',
    });
    story.tell({
      kind: 'change_refused',
      intent: repost,
      change: 'create',
      code: 'price',
      status: 400,
      message: '',
    });
    expect(story.node(node).phase).toBe('unknown');
    story.later(10 * MINUTE_MS);
    eyes.look([], absent(NAME));
    expect(eyes.look([], absent(NAME))).toEqual([]);
    story.later(5 * MINUTE_MS);
    eyes.look([], absent(NAME));
    expect(kinds(eyes.look([], absent(NAME)))).toEqual(['intent_voided']);
  });
});

describe('a name that was refused as taken', () => {
  test('Found, it is our node; never found, it is burnt after the same proof: the next generation follows.', () => {
    const refused = () => {
      const story = createStory();
      const node = story.create();
      story.tell({
        kind: 'change_refused',
        intent: node,
        change: 'create',
        code: 'name_taken',
        status: 400,
        message: '',
      });
      return { story, node, eyes: openEyes(story) };
    };
    const found = refused();
    found.eyes.look([seenNode()]);
    expect(found.story.node(found.node).phase).toBe('running');

    const { story, node, eyes } = refused();
    expect(story.node(node).phase).toBe('unknown');
    story.later(QUARANTINE);
    eyes.look([], absent(NAME));
    expect(eyes.look([], absent(NAME))).toEqual([
      { kind: 'intent_voided', intent: node, proof: 'name_refused_never_found' },
    ]);
    expect(nextName(story)).toEqual({ slot: 0, generation: 2 });
  });

  test('When the name belongs to a node older than our intent it is not ours, and our intent is void instead of waiting forever.', () => {
    const story = createStory();
    const node = story.create();
    story.tell({
      kind: 'change_refused',
      intent: node,
      change: 'create',
      code: 'name_taken',
      status: 400,
      message: '',
    });
    const eyes = openEyes(story);
    const older = seenNode({ nodeId: 'n_theirs', createdAtMs: story.nowMs - HOUR_MS });
    const looks = () => eyes.look([older], { lookups: new Map([[NAME, older]]) });
    expect(kinds(looks())).toEqual(['unowned_seen']);
    story.later(QUARANTINE);
    looks();
    expect(kinds(looks())).toEqual(['intent_voided']);
    expect(story.node(node)).toMatchObject({ phase: 'void', nodeId: null });
    expect(nextName(story)).toEqual({ slot: 0, generation: 2 });
  });
});

describe('a void intent whose answer came late after all', () => {
  const voided = () => {
    const { story, node, eyes } = oneUnknown();
    story.later(QUARANTINE);
    eyes.look([], absent(NAME));
    eyes.look([], absent(NAME));
    return { story, node, eyes };
  };

  test('Its node is ours, counts, and takes its slot again, so that its name is not sent twice.', () => {
    const { story, node, eyes } = voided();
    eyes.look([seenNode()]);
    expect(story.node(node)).toMatchObject({ phase: 'running', nodeId: 'n_0' });
    expect(nextName(story)).toEqual({ slot: 1, generation: 1 });
    expect(story.books.unowned.size).toBe(0);
  });

  test('When the name was asked for again, the newer intent gets the first node and the void one the second; the slot stays taken until both ended.', () => {
    const { story, node, eyes } = voided();
    const second = story.create();
    const createdAtMs = story.nowMs;
    const [a, b] = [seenNode({ createdAtMs }), seenNode({ nodeId: 'n_1', createdAtMs })];
    eyes.look([a, b]);
    expect(story.node(second).nodeId).toBe('n_0');
    expect(story.node(node).nodeId).toBe('n_1');
    eyes.look([a, { ...b, status: 'terminated' }]);
    expect(story.node(node).phase).toBe('ended');
    expect(nextName(story)).toEqual({ slot: 1, generation: 1 });
    eyes.look([{ ...a, status: 'terminated' }]);
    expect(nextName(story)).toEqual({ slot: 0, generation: 2 });
    expect(story.books.contradiction).toBeNull();
  });

  test('A node of its name that ended is not taken for it, however long the listing shows it: the late one still is.', () => {
    const { story, node, eyes } = voided();
    const second = story.create();
    const first = seenNode({ createdAtMs: story.nowMs });
    eyes.look([first]);
    const ended = { ...first, status: 'terminated' } as const;
    eyes.look([ended]);
    expect(eyes.look([ended])).toEqual([]);
    expect(story.node(node)).toMatchObject({ phase: 'void', nodeId: null });
    eyes.look([ended, seenNode({ nodeId: 'n_1', createdAtMs: story.nowMs })]);
    expect(story.node(node)).toMatchObject({ phase: 'running', nodeId: 'n_1' });
    expect(story.books.nodes.has(second)).toBe(false);
    expect(story.books.unowned.size).toBe(0);
  });
});

describe('an extension whose answer was lost', () => {
  const extended = () => {
    const story = createStory();
    const endBeforeMs = story.nowMs + HOUR_MS;
    const node = story.running(0, { endAtMs: endBeforeMs }, { hold: 'reserved', endAtMs: endBeforeMs });
    const intent = story.tell({
      kind: 'extend_intended',
      node,
      nodeId: `n_${node}`,
      endBeforeMs,
      endAfterMs: endBeforeMs + HOUR_MS,
      limit: story.node(node).limit,
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
    const shown = seenNode({
      nodeId: `n_${node}`,
      kind: 'reserved',
      procurementId: null,
      endAtMs: endBeforeMs,
    });
    return { story, node, intent, shown, eyes: openEyes(story), endBeforeMs };
  };

  test('It is done when a look shows the end moved, and the hour is booked.', () => {
    const { story, node, shown, eyes, endBeforeMs } = extended();
    eyes.look([{ ...shown, endAtMs: endBeforeMs + HOUR_MS }]);
    expect(story.node(node)).toMatchObject({ extension: null, bookedToMs: endBeforeMs + HOUR_MS });
    expect(story.books.open.size).toBe(0);
  });

  test('It is void only after the quarantine and two looks that show the end unmoved; not seeing the node does not count.', () => {
    const { story, node, intent, shown, eyes } = extended();
    story.later(QUARANTINE - 1);
    eyes.look([shown]);
    eyes.look([shown]);
    expect(story.node(node).extension).not.toBeNull();
    story.later(1);
    eyes.look([], absent(`n_${node}`));
    eyes.look([], absent(`n_${node}`));
    expect(eyes.look([shown])).toEqual([]);
    expect(eyes.look([shown])).toEqual([
      { kind: 'intent_voided', intent, proof: 'end_unmoved_after_quarantine' },
    ]);
    expect(story.node(node).extension).toBeNull();
  });
});
