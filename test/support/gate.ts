// Proposals as a plan makes them, and the gate that judges them: what the tests of the guard share.
import type { FleetPolicy, Policy } from '../../src/domain/policy.ts';
import { HOUR_MS } from '../../src/domain/time.ts';
import type { Action } from '../../src/reconcile/action.ts';
import { createGate, type Circumstances, type Gate } from '../../src/reconcile/guard.ts';
import { createOf, extendOf, raiseOf } from '../../src/reconcile/make-action.ts';
import { fleetPolicy, processPolicy } from '../simulation/world.ts';
import { circumstances, sceneOf } from './scene.ts';
import { price, type Story } from './story.ts';

export interface Case {
  readonly fleet?: Partial<FleetPolicy>;
  readonly policy?: Partial<Policy>;
  readonly at?: Partial<Circumstances>;
}

export const gateOf = (story: Story, { fleet, policy, at }: Case = {}): Gate =>
  createGate(
    circumstances(story.books, story.nowMs, {
      policy: processPolicy({ fleets: [fleetPolicy(fleet)], ...policy }),
      ...at,
    }),
  );

export const buy = (story: Story, slot = 0, limit = 1200, change: Partial<Action> = {}): Action => ({
  ...createOf(sceneOf(story), {
    zone: 'hayesvalley',
    limit: price(limit),
    slot,
    generation: 1,
    endAtMs: null,
    coverUntilMs: story.nowMs + HOUR_MS,
    why: 'a test',
  }),
  ...change,
});

export const raise = (story: Story, node: number, to: number): Action =>
  raiseOf(sceneOf(story), story.node(node), price(to), { reason: 'climb', why: 'a test' });

export const extend = (story: Story, node: number): Action =>
  extendOf(sceneOf(story), story.node(node), { limit: price(1200), durationMs: HOUR_MS, why: 'a test' });

export const said = (story: Story, action: Action, given: Case = {}): string => {
  const verdict = gateOf(story, given).judge(action);
  return verdict.passed ? 'passed' : verdict.guard;
};

export const reservedFor = (story: Story, slot: number): number => {
  const endAtMs = story.nowMs + HOUR_MS;
  return story.running(slot, { endAtMs }, { hold: 'reserved', endAtMs });
};
