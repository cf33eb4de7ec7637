// One look: the listing and the lookups, asked side by side under one deadline. The listing decides: without it there is no
// look. A lookup that fails, or answers with something else than was asked for, is left out, because only the venue's own
// 404 means absent.
import type { Look, LookRequest } from '../../domain/look.ts';
import type { SeenNode, SeenProcurement } from '../../domain/node.ts';
import type { DurationMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Reading } from '../../ports/venue.ts';
import { readFailure } from './caller.ts';
import type { Caller, Deadline, Got } from './caller.ts';
import { decodeNode, decodeNodeListing } from './decode-node.ts';
import { decodeProcurement } from './decode.ts';
import { runPool } from './pool.ts';
import { getNode, getProcurement, listNodes } from './requests.ts';
import type { WireRequest } from './requests.ts';

export interface LookOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly deadlineMs: DurationMs;
  readonly atOnce: number;
}

interface Lookup {
  readonly request: WireRequest;
  readonly take: (got: Extract<Got, { ok: true }>) => void;
}

export const takeLook = async (options: LookOptions, request: LookRequest): Promise<Reading<Look>> => {
  const whole = options.caller.deadline(options.deadlineMs);
  let listFailed = false;
  const lookupDeadline: Deadline = { remainingMs: () => (listFailed ? 0 : whole.remainingMs()) };
  const askedAtMs = options.clock.now();
  const lookups = new Map<string, SeenNode | 'absent'>();
  const procurements = new Map<string, SeenProcurement | 'absent'>();
  const wanted: readonly Lookup[] = [
    ...[...new Set(request.nodes)].map((asked) => nodeLookup(asked, lookups)),
    ...[...new Set(request.procurements)].map((asked) => procurementLookup(asked, procurements)),
  ];
  const listing = readListing(options.caller, whole).then((read) => {
    listFailed = !read.ok;
    return read;
  });
  const answered = runPool({
    items: wanted,
    atOnce: options.atOnce,
    stopped: () => listFailed,
    run: async (lookup) => {
      const got = await options.caller.get(lookup.request, lookupDeadline);
      if (got.ok) lookup.take(got);
    },
  });
  const [list] = await Promise.all([listing, answered]);
  return list.ok ? { ok: true, value: { askedAtMs, ...list.value, lookups, procurements } } : list;
};

const readListing = async (
  caller: Caller,
  deadline: Deadline,
): Promise<Reading<Pick<Look, 'nodes' | 'unreadable' | 'venueDateMs'>>> => {
  const got = await caller.get(listNodes(), deadline);
  if (!got.ok) return got;
  if (!got.found) return readFailure('http', 404, got.message);
  const listing = decodeNodeListing(got.value);
  if (listing === null) return readFailure('garbled', 200, 'the answer is no listing of nodes');
  return { ok: true, value: { ...listing, venueDateMs: got.dateMs } };
};

const nodeLookup = (asked: string, into: Map<string, SeenNode | 'absent'>): Lookup => ({
  request: getNode(asked),
  take: (got) => {
    const node = got.found ? decodeNode(got.value) : null;
    if (!got.found) into.set(asked, 'absent');
    else if (node !== null && (node.nodeId === asked || node.name === asked)) into.set(asked, node);
  },
});

const procurementLookup = (asked: string, into: Map<string, SeenProcurement | 'absent'>): Lookup => ({
  request: getProcurement(asked),
  take: (got) => {
    const procurement = got.found ? decodeProcurement(got.value) : null;
    if (!got.found) into.set(asked, 'absent');
    else if (procurement?.procurementId === asked) into.set(asked, procurement);
  },
});
