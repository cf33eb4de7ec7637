// Planted bugs: one place of the real source changed into a mistake somebody could make, each with the seed that is known to
// catch it and the promise that then breaks. They test the checkers: an oracle that lets one of them live proves nothing
// about the rest. A text that is no longer found exactly once fails the test that plants it.

export interface Mutant {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

const planted = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  file: `src/${file}`,
  find,
  replace,
});

export const MUTANTS: readonly Mutant[] = [
  planted(
    'a waiting node does not count',
    'reconcile/books.ts',
    "node.phase !== 'refused' && node.phase !== 'void' && node.phase !== 'ended';",
    "node.phase !== 'refused' && node.phase !== 'void' && node.phase !== 'ended' && node.phase !== 'waiting';",
  ),
  planted(
    'a lost answer frees the name for a retry',
    'reconcile/fold.ts',
    "if (node.phase === 'asked') node.phase = 'unknown';",
    "node.phase = 'void'; leaveSlot(books, node, false);",
  ),
  planted(
    'a change is sent twice',
    'daemon/act.ts',
    '(await deps.venue.send(action.change));',
    '(await deps.venue.send(action.change), await deps.venue.send(action.change));',
  ),
  planted(
    'absence is believed at once',
    'reconcile/close.ts',
    'look.askedAtMs < quarantineEnd(node, rules)',
    'look.askedAtMs < node.unknownSinceMs',
  ),
  planted(
    'a limit is rounded up',
    'domain/money.ts',
    'centsPerNodeHour(Math.floor(price / LIMIT_GRAIN_CENTS) * LIMIT_GRAIN_CENTS)',
    'centsPerNodeHour(Math.ceil(price / LIMIT_GRAIN_CENTS) * LIMIT_GRAIN_CENTS)',
  ),
  planted(
    'a budget is looked at without the money put aside',
    'reconcile/guard-budgets.ts',
    'total + added <= limit * CENT_SECONDS_PER_CENT',
    'added <= limit * CENT_SECONDS_PER_CENT',
  ),
  planted(
    'the generation is raised when a release is accepted',
    'reconcile/fold.ts',
    "      node.release = 'accepted';",
    "      node.release = 'accepted'; leaveSlot(books, node, false);",
  ),
  planted(
    'a price per GPU is taken for one per node',
    'venue/sfcompute/requests.ts',
    'checkedLimit(asked.limit) / GPUS_PER_NODE',
    'checkedLimit(asked.limit)',
  ),
  planted(
    'a pause ends when it is acknowledged',
    'reconcile/fold.ts',
    'if (books.pause !== null) books.pause.acknowledged = true;',
    'books.pause = null;',
  ),
  planted(
    'an order is counted with a cent too much',
    'reconcile/fold-money.ts',
    '  sums.settled += paid;',
    '  sums.settled += paid + 3600;',
  ),
  planted(
    'the worst case stays counted beside the real price',
    'reconcile/fold-money.ts',
    '    spread(books, node.fleet, block.fromMs, block.toMs, block.limit, -1);',
    '',
  ),
  planted('the next hour is never let through', 'daemon/decide.ts', '        renewals.push(proposal);', ''),
  planted(
    'an ask above the ceiling is ignored',
    'strategy/ladder.ts',
    'quote?.ask != null && quote.ask > ceiling',
    'quote?.ask != null && quote.ask > ceiling * 100',
  ),
  planted(
    'an edge is learned from a clock that stands wrong',
    'reconcile/fold-node.ts',
    'if (leadMs > (node.horizonMs ?? 0) + LEAD_SLACK_MS) return;',
    '',
  ),
  planted(
    'a quote of bids is the basis of a block',
    'reconcile/make-action.ts',
    'market.quotes.get(quoteKey(zone, fleet.hold))',
    "market.quotes.get(quoteKey(zone, fleet.hold === 'reserved' ? 'autoreserved' : fleet.hold))",
  ),
  planted(
    'a name is sent again though the ask is above the ceiling',
    'reconcile/plan-blocks.ts',
    "if (decide(node.zone).kind !== 'bid') continue;",
    '',
  ),
  planted(
    'an unknown purchase is never given up',
    'reconcile/close.ts',
    'const LOOKS_TO_VOID = 2;',
    'const LOOKS_TO_VOID = 2e9;',
  ),
  planted(
    'no hourly rate is kept',
    'reconcile/guard.ts',
    'return recent + 1 > most',
    'return recent + 1 > most * 1000',
  ),
  planted(
    'the count of the living is not kept by the tick',
    'reconcile/guard.ts',
    'if (alive + 1 > allowed)',
    'if (alive + 1 > allowed + 1000)',
  ),
  planted(
    'a node out of sight has ended',
    'reconcile/close.ts',
    "node.deletion === 'accepted' && look.lookups.get(node.nodeId) === 'absent'",
    "look.lookups.get(node.nodeId) === 'absent'",
  ),
  planted(
    'bought time is booked twice',
    'reconcile/fold-money.ts',
    '    node.blocks.push({ ...hour, limit, estimate, ask, fill, bookedAtMs });',
    '    node.blocks.push({ ...hour, limit, estimate, ask, fill, bookedAtMs }); node.blocks.push({ ...hour, limit, estimate, ask, fill, bookedAtMs });',
  ),
  planted(
    'an extension whose answer was lost is sent again',
    'reconcile/fold.ts',
    "if (node.extension?.intent === intent.seq) node.extension.answer = 'unknown';",
    'node.extension = null; books.open.delete(intent.seq);',
  ),
  planted(
    'an old listing takes bought time back',
    'reconcile/fold-node.ts',
    'Math.max(endAtMs, node.bookedToMs)',
    'endAtMs',
  ),
  planted(
    'an older node of a stranger is taken for ours',
    'reconcile/close.ts',
    'seen.createdAtMs >= node.intendedAtMs - OLDER_THAN_INTENT_MS',
    'seen.createdAtMs >= 0',
  ),
  planted(
    'a limit is set for a stranger as well',
    'reconcile/scene.ts',
    '!sharedIn(scene.look, scene.books).has(node.procurementId)',
    "node.procurementId !== ''",
  ),
  planted(
    'an ended node keeps its slot',
    'reconcile/fold.ts',
    'if (lived) leaveSlot(books, node, false);',
    '',
  ),
  planted(
    'a name that was refused and never found is asked for again',
    'reconcile/fold.ts',
    "leaveSlot(books, node, entry.proof !== 'name_refused_never_found');",
    'leaveSlot(books, node, true);',
  ),
  planted(
    'waiting bids stand on in a pause',
    'reconcile/plan-letting-go.ts',
    "if (scene.withdraw !== null || stageAt(scene, 'stop_buying', scene.nowMs) !== null) return bids;",
    "if (scene.withdraw !== null || stageAt(scene, 'stop_buying', scene.nowMs) !== null) return [];",
  ),
];
