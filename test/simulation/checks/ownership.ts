// Promises 3, 4, 6, 7: every node of ours has an earlier durable intent and is bought once; a name's next generation comes
// only after the former node truly ended; what is not ours is never touched; and at the moment of buying never more nodes
// are truly alive than target and surge allow. Truth is the market's; what it delivers against its own rules is excused by
// name.
import { parseNodeName } from '../../../src/domain/names.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { desiredAt } from '../../../src/schedule/target.ts';
import type { Violation } from '../trace.ts';
import {
  fleetIn,
  OwnLedger,
  policiesBetween,
  type Check,
  type Evidence,
  type PlacedChange,
  type TrueNode,
} from './evidence.ts';
import { changeKindOf, targetOf } from './wire-words.ts';

/** The quarantine of every drawn scenario. */
const QUARANTINE_MS = 15 * 60_000;

const aliveAt = (node: TrueNode, atMs: number): boolean =>
  node.createdAtMs <= atMs && (node.endedAtMs === null || node.endedAtMs > atMs);

export const intentsComeFirst: Check = {
  promise: 'intent_first',
  *judge(evidence) {
    const say = (change: PlacedChange, text: string): Violation => ({
      promise: 'intent_first',
      atMs: change.atMs,
      text,
    });
    const written = new Map<string, number>();
    const sent = new Map<string, number>();
    for (const step of evidence.steps) {
      if (step.kind === 'entry') {
        const { entry } = step.placed;
        if (entry.kind === 'create_intended' || entry.kind === 'repost_intended')
          add(written, `create ${entry.name}`);
        if (entry.kind === 'extend_intended') add(written, `extend ${entry.nodeId}`);
        if (entry.kind === 'raise_intended') add(written, `raise ${entry.procurementId}`);
        if (entry.kind === 'release_intended') add(written, `release ${entry.nodeId}`);
        if (entry.kind === 'delete_intended') add(written, `delete ${entry.nodeId}`);
      }
      if (step.kind !== 'change' || step.change.by !== 'daemon') continue;
      const key = `${changeKindOf(step.change)} ${targetOf(step.change)}`;
      add(sent, key);
      if ((sent.get(key) ?? 0) > (written.get(key) ?? 0))
        yield say(step.change, `${key} was sent without a durable intent of its own`);
    }
  },
};

const add = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

type Asked = readonly { readonly order: number; readonly atMs: number }[];

/** Nodes that did not come later than any quarantine after their own intent. */
const inTimeOf = (ours: readonly TrueNode[], intents: Asked): readonly TrueNode[] =>
  ours.filter(
    (node) => !cameTooLate(node, intents.filter(({ order }) => order < (node.madeBy?.order ?? 0)).at(-1)),
  );

const livingTwins = (ours: readonly TrueNode[]): boolean =>
  ours.some((one) => ours.some((other) => other !== one && aliveAt(one, other.createdAtMs)));

export const boughtOnce: Check = {
  promise: 'bought_once',
  *judge(evidence) {
    const intents = new Map<string, { order: number; atMs: number }[]>();
    for (const { entry, order, atMs } of evidence.entries) {
      if (entry.kind !== 'create_intended') continue;
      intents.set(entry.name, [...(intents.get(entry.name) ?? []), { order, atMs }]);
    }
    for (const [name, nodes] of evidence.nodesByName) {
      const asked = intents.get(name) ?? [];
      const ours = inTimeOf(
        nodes.filter((node) => node.madeBy?.by === 'daemon'),
        asked,
      );
      if (asked.length === 0) continue;
      const atMs = ours.at(-1)?.createdAtMs ?? null;
      if (ours.length > asked.length) {
        yield {
          promise: 'bought_once',
          atMs,
          text: `${name} was bought ${ours.length} times for ${asked.length} intents`,
        };
      } else if (livingTwins(ours)) {
        yield { promise: 'bought_once', atMs, text: `${name} lives twice` };
      }
    }
  },
};

/** Made later than any quarantine after its intent: nobody could know that it would still come. */
const cameTooLate = (node: TrueNode, intent: { readonly atMs: number } | undefined): boolean =>
  node.madeBy?.late === true && intent !== undefined && node.createdAtMs - intent.atMs >= QUARANTINE_MS;

export const generationsAreProved: Check = {
  promise: 'generation',
  *judge(evidence) {
    const own = new OwnLedger();
    for (const step of evidence.steps) {
      own.follow(step);
      if (step.kind !== 'entry' || step.placed.entry.kind !== 'create_intended') continue;
      const { entry } = step.placed;
      for (const node of evidence.nodes) {
        const name = parseNodeName(node.name);
        if (
          name === null ||
          node.madeBy?.by !== 'daemon' ||
          node.madeBy.order >= step.order ||
          !aliveAt(node, step.atMs)
        )
          continue;
        if (
          name.fleet !== entry.fleet ||
          name.slot !== entry.slot ||
          !entry.name.startsWith(`${name.prefix}-${name.ledgerId}-`)
        )
          continue;
        const earlier = own.byName(node.name).filter((seq) => seq !== step.placed.record.seq);
        const closed = earlier.map((seq) => own.intents.get(seq));
        if (closed.some((one) => cameTooLate(node, one))) continue;
        if (closed.length === 0) continue;
        yield {
          promise: 'generation',
          atMs: step.atMs,
          text: `${entry.name} was intended while ${node.name} (${node.nodeId}) was ${node.status} and not ended`,
        };
      }
    }
  },
};

export const strangersAreLeftAlone: Check = {
  promise: 'strangers',
  *judge(evidence) {
    const own = new OwnLedger();
    // A stranger in our procurement is known by the listing alone; one that the venue left out cannot be heeded.
    const hiddenByLists = ['partial_list', 'stale_list', 'node_out_of_sight'].some((what) =>
      evidence.happened.has(what),
    );
    for (const step of evidence.steps) {
      own.follow(step);
      if (step.kind !== 'change' || step.change.by !== 'daemon') continue;
      const kind = changeKindOf(step.change);
      if (kind === 'create' || kind === 'other') continue;
      const target = targetOf(step.change);
      const touched =
        kind === 'raise'
          ? evidence.nodes.filter((node) => node.procurementId === target)
          : [evidence.nodesById.get(target)];
      for (const node of touched) {
        if (node === undefined || !aliveAt(node, step.atMs) || node.madeBy === null) continue;
        if (isOurs(own, node)) continue;
        if (kind === 'raise' && hiddenByLists) continue;
        yield {
          promise: 'strangers',
          atMs: step.atMs,
          text: `${kind} of ${target} touches ${node.name} (${node.nodeId}), which is not ours`,
        };
      }
    }
  },
};

const isOurs = (own: OwnLedger, node: TrueNode): boolean =>
  node.madeBy?.by === 'daemon' && own.byName(node.name).length > 0;

export const neverTooMany: Check = {
  promise: 'target_and_surge',
  *judge(evidence) {
    const own = new OwnLedger();
    let startedMs = 0;
    let startedOrder = 0;
    for (const step of evidence.steps) {
      own.follow(step);
      if (step.kind === 'ticked') {
        startedMs = step.atMs;
        startedOrder = step.order;
      }
      if (step.kind !== 'entry' || step.placed.entry.kind !== 'create_intended') continue;
      const { fleet } = step.placed.entry;
      const policies = policiesBetween(evidence, startedOrder, step.order);
      const most = allowedAlive(policies, fleet, [step.placed.record.atMs, step.atMs, startedMs]);
      // A clock within the allowed skew may be past a releasing node's end before the venue is.
      const skewMs = [...evidence.happened].some((what) => what.startsWith('clock_')) ? 120_000 : 0;
      const alive = countAlive(evidence, own, fleet, step.atMs + skewMs, step.order);
      if (alive > most)
        yield {
          promise: 'target_and_surge',
          atMs: step.atMs,
          text: `${alive} nodes of ${fleet} with ${step.placed.entry.name}, allowed are ${most}`,
        };
    }
  },
};

/** The clock may stand anywhere between the last tick's end and the entry; the most that any of these instants allows. */
const allowedAlive = (policies: readonly Policy[], fleet: string, instants: readonly number[]): number =>
  Math.max(
    ...policies.map((policy) => {
      const one = fleetIn(policy, fleet);
      if (one === undefined) return 0;
      const wanted = spread(instants).map((at) => Math.ceil(desiredAt(one.schedule, at).gpus / 8));
      return Math.max(...wanted) + one.surgeNodes;
    }),
  );

/** Instants up to a minute before each, because a tick takes time. */
const spread = (instants: readonly number[]): readonly number[] =>
  instants
    .filter((at) => at > 0)
    .flatMap((at) => [at, at - 30_000, at - 60_000, at - 90_000].map((one) => Math.max(0, one)));

/** Truly alive nodes of the fleet that the ledger owns, and intents that may still become one. */
const countAlive = (
  evidence: Evidence,
  own: OwnLedger,
  fleet: string,
  atMs: number,
  order: number,
): number => {
  let alive = 0;
  const seen = new Set<string>();
  for (const [, intent] of own.intents) {
    if (intent.entry.fleet !== fleet) continue;
    const made = (evidence.nodesByName.get(intent.entry.name) ?? []).filter(
      (node) => node.madeBy?.by === 'daemon' && node.madeBy.order < order && node.createdAtMs >= intent.atMs,
    );
    const nodes = made.filter((node) => !seen.has(node.nodeId));
    const living = nodes.filter((node) => aliveAt(node, atMs) && !cameTooLate(node, intent));
    for (const node of living) seen.add(node.nodeId);
    if (living.length > 0) alive += living.length;
    else if (intent.state === 'open' && made.length === 0) alive += 1;
  }
  return alive;
};
