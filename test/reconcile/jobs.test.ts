// Jobs with a deadline: which nodes work for them, how far they are by the ledger alone, and what they want now.
import { describe, expect, test } from 'vitest';
import type { JobPolicy } from '../../src/domain/policy.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { jobDoneMs } from '../../src/reconcile/fold-jobs.ts';
import { planJobs } from '../../src/reconcile/jobs.ts';
import { sceneOf, type SceneOptions } from '../support/scene.ts';
import { createStory, seenNode, type Story } from '../support/story.ts';
import { START_MS } from '../simulation/world.ts';

const job = (change: Partial<JobPolicy> = {}): JobPolicy => ({
  name: 'tune',
  needMs: 10 * HOUR_MS,
  byMs: START_MS + 48 * HOUR_MS,
  nodes: 2,
  ...change,
});

const plan = (story: Story, jobs: readonly JobPolicy[], options: SceneOptions = {}) =>
  planJobs(sceneOf(story, { nodes: 0, ...options, fleet: { jobs, ...options.fleet } }));

const cover = (story: Story, runningNodes: number, jobs: Record<string, number>) =>
  story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: runningNodes, runningNodes, jobs });

describe('progress', () => {
  test('is the useful time of the nodes that worked for the job, and goes on between two entries.', () => {
    const story = createStory();
    story.running(0);
    cover(story, 1, { tune: 1 });
    story.later(30 * MINUTE_MS);
    expect(jobDoneMs(story.books, 'train', 'tune', story.nowMs)).toBe(30 * MINUTE_MS);
    cover(story, 1, {});
    story.later(10 * MINUTE_MS);
    expect(jobDoneMs(story.books, 'train', 'tune', story.nowMs)).toBe(30 * MINUTE_MS);
  });

  test('ends where the paid time ends, however late that is seen.', () => {
    const story = createStory();
    const node = story.running(0);
    cover(story, 1, { tune: 1 });
    story.later(2 * HOUR_MS);
    story.see(node, seenNode({ status: 'awaitingcapacity', vm: null }));
    cover(story, 0, {});
    expect(jobDoneMs(story.books, 'train', 'tune', story.nowMs)).toBe(HOUR_MS);
  });

  test('of two jobs is shared by the nodes that work for each.', () => {
    const story = createStory();
    story.running(0, { nodeId: 'n_0' });
    story.running(1, { nodeId: 'n_1' });
    story.running(2, { nodeId: 'n_2' });
    cover(story, 3, { tune: 2, eval: 1 });
    story.later(20 * MINUTE_MS);
    expect(jobDoneMs(story.books, 'train', 'tune', story.nowMs)).toBe(40 * MINUTE_MS);
    expect(jobDoneMs(story.books, 'train', 'eval', story.nowMs)).toBe(20 * MINUTE_MS);
  });
});

describe('what a job wants', () => {
  test('comes on top of the schedule: at a low ask its nodes, at a high one none.', () => {
    const story = createStory();
    // Ceiling 1600, band from 80: without a history the worst-case rule decides.
    expect(plan(story, [job()], { nodes: 1, ask: 120 }).desire).toMatchObject({ nodes: 3, gpus: 24 });
    expect(plan(story, [job()], { nodes: 1, ask: 1500 }).desire).toMatchObject({ nodes: 1, gpus: 8 });
  });

  test('is nothing once it is done and nothing after its deadline, of which is said what is missing.', () => {
    const story = createStory();
    const late = plan(story, [job({ byMs: story.nowMs })], { ask: 120 });
    expect(late.desire.nodes).toBe(0);
    expect(late.jobs).toMatchObject([{ mode: 'over', wantedNodes: 0, missingNodeMs: 10 * HOUR_MS }]);
    expect(plan(story, [job({ needMs: 0 })], { ask: 120 }).jobs).toMatchObject([
      { mode: 'done', wantedNodes: 0 },
    ]);
  });

  test('is all its nodes when only the reserve is left, at any ask, and no more nodes than an hour needs before.', () => {
    const story = createStory();
    const tight = job({ byMs: story.nowMs + 5 * HOUR_MS + 40 * MINUTE_MS });
    expect(plan(story, [tight], { ask: 1600 }).jobs).toMatchObject([{ mode: 'firm', wantedNodes: 2 }]);
    expect(plan(story, [job({ needMs: HOUR_MS / 2 })], { ask: 120 }).jobs).toMatchObject([
      { wantedNodes: 1 },
    ]);
  });

  test('that cannot be done in time any more says how much must come from elsewhere.', () => {
    const story = createStory();
    const late = job({ byMs: story.nowMs + 2 * HOUR_MS });
    expect(plan(story, [late]).jobs).toMatchObject([{ mode: 'firm', missingNodeMs: 6 * HOUR_MS }]);
  });

  test('a held node is kept for the hour after its end only while the ask stays under the keep price.', () => {
    const story = createStory();
    story.running(0);
    cover(story, 1, { tune: 1 });
    const end = story.nowMs + HOUR_MS;
    const kept = plan(story, [job()], { ask: 300 }).desire;
    expect(kept.nodesAt(end)).toBeGreaterThanOrEqual(1);
    const dear = plan(story, [job()], { ask: 1500 });
    expect(dear.desire.nodesAt(end)).toBe(0);
    // Its paid hour is used to its end: it is wanted until then.
    expect(dear.desire.nodes).toBe(1);
  });

  test('the most urgent job gets the nodes that are there.', () => {
    const story = createStory();
    story.running(0);
    const jobs = [
      job({ name: 'later', byMs: START_MS + 90 * HOUR_MS, nodes: 1 }),
      job({ name: 'sooner', byMs: START_MS + 20 * HOUR_MS, nodes: 1 }),
    ];
    expect(plan(story, jobs, { ask: 1500 }).jobs).toMatchObject([
      { job: 'later', workingNodes: 0 },
      { job: 'sooner', workingNodes: 1 },
    ]);
  });

  test('a fleet without jobs is left exactly as its schedule says.', () => {
    const story = createStory();
    const scene = sceneOf(story, { nodes: 3 });
    expect(planJobs(scene)).toEqual({ desire: scene.desire, jobs: [] });
  });
});
