// What a handover would change: the very same tick on a copy of the books, once as they are and once with the node handed
// over, and the decisions that differ. Nothing is sent and nothing is kept.
import { formatPrice } from '../domain/money.ts';
import type { Decision } from '../domain/report.ts';
import { openBooks } from './open-books.ts';
import { rehearse, type RehearsalDeps } from './rehearse.ts';
import { entriesFor, type Request, type Who } from './requests.ts';

/** One line for each decision that comes or goes; words when the request cannot be done or the venue cannot be seen. */
export const foresee = async (
  deps: RehearsalDeps,
  request: Request,
  who: Who,
): Promise<readonly string[] | string> => {
  let refused: string | null = null;
  const copy = async (): ReturnType<RehearsalDeps['copy']> => {
    const ledger = await deps.copy();
    const { clock, random, policy } = deps;
    const opened = await openBooks({ clock, ledger, random, namePrefix: policy.namePrefix, start: null });
    if (!opened.ok) throw new Error(opened.message);
    const { books } = opened;
    const wish = entriesFor(request, { books, policy, nowMs: clock.now() }, who);
    if (wish.ok) await ledger.append(wish.entries, clock.now(), books.seq);
    else refused = wish.message;
    return ledger;
  };
  const after = await rehearse({ ...deps, copy });
  if (refused !== null) return refused;
  const before = await rehearse(deps);
  if (after.end !== 'done' || before.end !== 'done') {
    return `the venue could not be looked at: ${after.problem ?? before.problem ?? 'no reason was given'}`;
  }
  const now = new Set(before.decisions.map(lineOf));
  const then = new Set(after.decisions.map(lineOf));
  const comes = [...then].filter((line) => !now.has(line)).map((line) => `then: ${line}`);
  const goes = [...now].filter((line) => !then.has(line)).map((line) => `no longer: ${line}`);
  const changes = [...comes, ...goes];
  return changes.length === 0 ? ['it would be held and counted, and nothing else changes now'] : changes;
};

const lineOf = ({ fleet, action, name, zone, limit, refusedBy, reason, why }: Decision): string => {
  const what = action === 'none' ? reason : [action, name].filter((word) => word !== null).join(' ');
  const where = zone === null ? '' : ` in ${zone}`;
  const price = limit === null ? '' : ` at ${formatPrice(limit)}`;
  const guard = refusedBy === null ? '' : ` [${refusedBy}]`;
  return `${fleet}: ${what}${where}${price}${guard}: ${why}`;
};
