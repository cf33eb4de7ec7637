// From plans to what passes: proposals of all fleets in the order in which they deserve money, each judged by the gate,
// and the entries that make them durable before anything is sent.
import type { ClimbMoved, Entry, Seq } from '../domain/entry.ts';
import type { Decision } from '../domain/report.ts';
import type { UnixMs } from '../domain/time.ts';
import type { Action, Proposal, Renewal } from '../reconcile/action.ts';
import type { Gate } from '../reconcile/guard.ts';
import { decisionOf } from '../reconcile/plan.ts';
import type { FleetPlan } from '../reconcile/scene.ts';
import type { Verdict } from '../reconcile/verdict.ts';

export interface Decided {
  readonly passed: readonly Action[];
  readonly renewals: readonly Renewal[];
  readonly climbs: readonly ClimbMoved[];
  readonly decisions: readonly Decision[];
  readonly wakes: readonly UnixMs[];
}

/** Letting go first, then what is held, then what stands, then what is new; cheap before dear. */
const rank = (proposal: Proposal): number => {
  if (proposal.kind === 'renewal') return 1;
  if (proposal.spends === 'none') return 0;
  if (proposal.intent.kind === 'extend_intended') return 2;
  return proposal.spends === 'raise' ? 3 : 4;
};

export const decide = (plans: readonly FleetPlan[], gate: Gate): Decided => {
  const proposals = plans
    .flatMap((plan) => plan.proposals)
    .toSorted((a, b) => rank(a) - rank(b) || (a.limit ?? 0) - (b.limit ?? 0));
  const passed: Action[] = [];
  const renewals: Renewal[] = [];
  const decisions: Decision[] = plans.flatMap((plan) => plan.notes);
  const gone = new Set<Seq>();
  for (const proposal of proposals) {
    if (proposal.node !== null && gone.has(proposal.node)) continue;
    const verdict = gate.judge(proposal);
    if (proposal.kind === 'renewal') {
      if (verdict.passed) {
        renewals.push(proposal);
        continue;
      }
      decisions.push(renewalDecision(proposal, verdict));
      if (verdict.guard !== 'budget') continue;
      gone.add(proposal.node);
      const release = gate.judge(proposal.otherwise);
      if (release.passed) passed.push(proposal.otherwise);
      decisions.push(withVerdict(decisionOf(proposal.otherwise), release));
      continue;
    }
    if (verdict.passed) passed.push(proposal);
    if (proposal.intent.kind === 'release_intended' && proposal.node !== null) gone.add(proposal.node);
    decisions.push(withVerdict(decisionOf(proposal), verdict));
  }
  const moved = new Set(passed.map((action) => `${action.fleet}/${action.zone}`));
  return {
    passed,
    renewals,
    climbs: plans.flatMap((plan) => plan.climbs).filter((climb) => moved.has(`${climb.fleet}/${climb.zone}`)),
    decisions,
    wakes: plans.flatMap((plan) => plan.wakes),
  };
};

const withVerdict = (decision: Decision, verdict: Verdict): Decision =>
  verdict.passed ? decision : { ...decision, refusedBy: verdict.guard, why: verdict.why };

const renewalDecision = (renewal: Renewal, verdict: Verdict): Decision =>
  withVerdict(
    {
      fleet: renewal.fleet,
      action: 'renew',
      zone: renewal.zone,
      name: renewal.name,
      limit: renewal.limit,
      refusedBy: null,
      reason: 'renewal',
      why: renewal.why,
    },
    verdict,
  );

/**
 * The entries of what passed, in the order: intents (one for each action, so that the n-th belongs to the n-th action),
 * climbs, hours let through. `head` is the number of the entry before the first of them.
 */
export const intentEntries = (decided: Decided, head: Seq): readonly Entry[] => {
  const until = new Map<UnixMs, Seq[]>();
  const letThrough = (untilMs: UnixMs, node: Seq): void => {
    const nodes = until.get(untilMs) ?? [];
    if (nodes.length === 0) until.set(untilMs, nodes);
    nodes.push(node);
  };
  for (const renewal of decided.renewals) letThrough(renewal.untilMs, renewal.node);
  decided.passed.forEach((action, index) => {
    if (action.coverUntilMs !== null) letThrough(action.coverUntilMs, head + index + 1);
  });
  return [
    ...decided.passed.map((action) => action.intent),
    ...decided.climbs,
    ...[...until].map(([untilMs, nodes]): Entry => ({ kind: 'renewals_authorised', untilMs, nodes })),
  ];
};
