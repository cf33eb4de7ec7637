// One look at one node, by name or id, with its procurement: what a handover is judged by.
import type { Venue } from '../ports/venue.ts';
import type { Candidate } from '../reconcile/handover.ts';

/** Words when the venue cannot be seen or does not show it. */
export const observe = async (venue: Pick<Venue, 'look'>, named: string): Promise<Candidate | string> => {
  const first = await venue.look({ nodes: [named], procurements: [] });
  if (!first.ok) return `the venue could not be listed (${first.code}): ${first.message}`;
  const { nodes, lookups } = first.value;
  const found = lookups.get(named);
  const seen =
    nodes.find(({ nodeId, name }) => nodeId === named || name === named) ??
    (found === 'absent' ? undefined : found);
  if (seen === undefined) return `the venue shows no node ${named}`;
  if (seen.procurementId === null) return { seen, procurement: null };
  const second = await venue.look({ nodes: [], procurements: [seen.procurementId] });
  const read = second.ok ? second.value.procurements.get(seen.procurementId) : undefined;
  return { seen, procurement: read === undefined || read === 'absent' ? null : read };
};
