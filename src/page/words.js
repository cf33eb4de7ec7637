// Decisions, guards and node states in words: the same words as the log of the daemon.
import { perGpuHour } from './format.js';

/** @typedef {import('../domain/overview.ts').Said} Said */

/** @type {Record<string, string>} */
const VERBS = {
  create: 'buy',
  repost: 'ask again for',
  raise: 'set the limit of',
  extend: 'extend',
  renew: 'let renew',
  release: 'release',
  delete: 'delete',
};

/** @type {Record<string, string>} */
const GUARDS = {
  budget: 'the budget',
  budget_stage: 'a stage of the budget',
  ceiling: 'the ceiling',
  hard_cap: 'the hard cap of the process',
  pause: 'the pause',
  dry_run: 'dry run',
  not_leader: 'the lost lease',
  rate: 'the rate limit',
  stale_look: 'the old look',
  price_band: 'the price band',
  surge: 'the surge limit',
  unowned: 'unowned nodes',
  funds: 'missing funds',
  breaker: 'the open breaker',
  clock_skew: 'the clock',
  contradiction: 'contradicting books',
};

/** @type {Record<Said['kind'], string>} */
export const KINDS = {
  did: 'did',
  held_back: 'held back',
  note: 'waits',
  refused: 'refused',
  unknown: 'unknown',
};

/** What was decided, without the reason. @param {Said} said */
export const whatText = (said) => {
  const whom = said.name ?? (said.nodes === 1 ? '1 node' : `${said.nodes} nodes`);
  const where = said.zone === null ? '' : ` in ${said.zone}`;
  const limit =
    said.limit === null ? '' : ` ${said.action === 'raise' ? 'to' : 'at'} ${perGpuHour(said.limit)}`;
  const verb = VERBS[said.action] ?? said.action;
  if (said.kind === 'note') return plain(said.reason);
  if (said.kind === 'refused') return `the venue refused to ${verb} ${whom} (${plain(said.reason)})`;
  if (said.kind === 'unknown') return `no answer to “${verb} ${whom}” (${plain(said.reason)})`;
  const what = `${verb} ${whom}${where}${limit}`;
  return said.guard === null ? what : `${what}: held back by ${GUARDS[said.guard] ?? plain(said.guard)}`;
};

/** @param {string} word */
export const plain = (word) => word.replaceAll('_', ' ');
