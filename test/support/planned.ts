// A fleet's plan in a few words each: `create train-0-g1 at 1016`, `release train-1-g1 (surplus)`.
import { planFleet } from '../../src/reconcile/plan.ts';
import { sceneOf, type SceneOptions } from './scene.ts';
import type { Story } from './story.ts';

export const planned = (story: Story, options: SceneOptions = {}): readonly string[] =>
  planFleet(sceneOf(story, options)).proposals.map((one) => {
    const isRepost = one.kind === 'action' && one.intent.kind === 'repost_intended';
    const what = one.kind === 'renewal' ? 'renew' : isRepost ? 'repost' : one.change.kind;
    const name = one.name.replace('bk-ab12-', '');
    const why = one.kind === 'action' && what !== 'create' ? ` (${one.reason})` : '';
    return `${what} ${name}${one.limit === null ? '' : ` at ${one.limit}`}${why}`;
  });

/** The plan without the hours that are merely let through. */
export const changes = (story: Story, options: SceneOptions = {}): readonly string[] =>
  planned(story, options).filter((one) => !one.startsWith('renew'));

export const notes = (story: Story, options: SceneOptions = {}): readonly string[] =>
  planFleet(sceneOf(story, options)).notes.map((one) => one.reason);
