// Handing a node over: whether a node at the venue can become one of a fleet's, and the entry that makes it so. What would be
// wrong goods at once, or cannot be told, is not taken over.
import type { NodeAdopted } from '../domain/entry.ts';
import { floorLimit } from '../domain/money.ts';
import { parseNodeName } from '../domain/names.ts';
import type { SeenNode, SeenProcurement } from '../domain/node.ts';
import type { FleetPolicy, Policy } from '../domain/policy.ts';
import type { Books } from './books.ts';

/** A node as it was just looked at, with its procurement where it has one. */
export interface Candidate {
  readonly seen: SeenNode;
  readonly procurement: SeenProcurement | null;
}

export type Handover =
  | { readonly ok: true; readonly entry: Omit<NodeAdopted, 'by' | 'why'> }
  | { readonly ok: false; readonly why: string };

const TAKEN: ReadonlySet<SeenNode['status']> = new Set(['running', 'pending', 'awaitingcapacity']);

export const handOver = (
  books: Books,
  policy: Policy,
  fleet: FleetPolicy,
  { seen, procurement }: Candidate,
): Handover => {
  const no = (why: string): Handover => ({ ok: false, why: `${seen.name} (${seen.nodeId}) ${why}` });
  const { kind: hold, zone, gpu } = seen;
  if (isNeverTouched(policy, seen)) return no('stands in never_touch');
  if (books.byId.has(seen.nodeId)) return no('is a node of this ledger already');
  if (!TAKEN.has(seen.status))
    return no(`is ${seen.statusText}: only a node that runs or waits can be handed over`);
  if (hold === 'unknown' || zone === null) return no('does not say how it is held, or where');
  if (hold !== fleet.hold) return no(`is ${hold}, fleet ${fleet.name} holds ${fleet.hold} nodes`);
  if (gpu !== fleet.gpu) return no(`has ${gpu || 'unknown'} GPUs, fleet ${fleet.name} wants ${fleet.gpu}`);
  if (fleet.zones !== 'any' && !fleet.zones.includes(zone))
    return no(`is in ${zone}, where fleet ${fleet.name} does not buy`);
  if (hold === 'reserved' && seen.endAtMs === null) return no('does not say when it ends');
  const limit = procurement?.limit ?? seen.limit;
  if (hold === 'autoreserved' && (limit === null || seen.procurementId === null))
    return no('does not show its limit, so nobody can say what it may cost');
  return {
    ok: true,
    entry: {
      kind: 'node_adopted',
      fleet: fleet.name,
      ...placeFor(books, fleet.name, seen.name),
      zone,
      gpu,
      hold,
      limit: limit ?? floorLimit(fleet.bid.ceiling),
      horizonMs: procurement?.horizonMs ?? null,
      seen,
    },
  };
};

export const isNeverTouched = (
  { neverTouch }: Pick<Policy, 'neverTouch'>,
  node: { readonly name: string; readonly nodeId: string | null },
): boolean => neverTouch.some((one) => one === node.name || one === node.nodeId);

/** Its own slot where its name is one of this ledger's and that slot is free, else the lowest free one. */
const placeFor = (
  books: Books,
  fleet: string,
  nodeName: string,
): { readonly slot: number; readonly generation: number } => {
  const slots = books.fleets.get(fleet)?.slots;
  const name = parseNodeName(nodeName);
  if (name !== null && name.ledgerId === books.ledgerId && name.fleet === fleet) {
    if ((slots?.get(name.slot)?.living ?? 0) === 0) return { slot: name.slot, generation: name.generation };
  }
  let slot = 0;
  while ((slots?.get(slot)?.living ?? 0) > 0) slot += 1;
  return { slot, generation: (slots?.get(slot)?.generation ?? 0) + 1 };
};
