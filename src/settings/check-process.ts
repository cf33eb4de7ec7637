// The checks that compare keys across the file: venue and token, hard limits of a live venue, rates and node counts of all
// fleets together, the pace against the clock.
import { GPUS_PER_NODE, floorLimit } from '../domain/money.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type UnixMs, formatDuration, formatInstant } from '../domain/time.ts';
import { changesBetween, wantedGpus } from '../schedule/target.ts';
import { checkBudgets } from './check-budgets.ts';
import { type CheckContext, checkExtendLead, checkFleet, draftSchedule } from './check-fleet.ts';
import { checkNotify } from './check-notify.ts';
import type { SettingsCode } from './errors.ts';
import {
  SFCOMPUTE_URL,
  isLoopback,
  judgeUrl,
  limitOf,
  modeOf,
  mostNodes,
  raisesPerNodeHour,
} from './resolve.ts';

/** The looks before an edge begin this long before it; a slower pace could miss them all. */
const FIRST_LOOK_MS = 12 * MINUTE_MS;

type At = { readonly code: SettingsCode; readonly path: string; readonly at: 'key' | 'value' };
const key = (code: SettingsCode, path: string): At => ({ code, path, at: 'key' });
const value = (code: SettingsCode, path: string): At => ({ code, path, at: 'value' });

const checkVenue = ({ draft, has, report }: CheckContext): void => {
  const kind = draft.venue?.kind;
  const foreign =
    kind === 'market'
      ? ['base_url', 'allow_host', 'token_env', 'token_file']
      : kind === 'sfcompute'
        ? ['market']
        : [];
  for (const name of foreign.filter((each) => has(`venue.${each}`))) {
    report({
      ...key('E_SETTINGS_VENUE', `venue.${name}`),
      reason: `${name} means nothing to venue.kind ${kind}`,
      remedy: `Remove it, or write kind: ${kind === 'market' ? 'sfcompute' : 'market'}`,
    });
  }
  if (has('venue.token_env') && has('venue.token_file')) {
    report({
      ...key('E_SETTINGS_VENUE', 'venue.token_file'),
      reason: 'the token has two places',
      remedy: 'Keep token_env or token_file',
    });
  }
};

/** Whether the venue is a host other than this machine; null when there is none or it cannot be read. */
const isRemote = ({ draft }: CheckContext): boolean => {
  if (draft.venue?.kind !== 'sfcompute') return false;
  const verdict = judgeUrl(draft.venue.base_url ?? SFCOMPUTE_URL, draft.venue.allow_host);
  return !verdict.ok || !verdict.loopback;
};

const checkUrl = ({ draft, report }: CheckContext): void => {
  if (draft.venue?.kind !== 'sfcompute' || draft.venue.base_url === undefined) return;
  const verdict = judgeUrl(draft.venue.base_url, draft.venue.allow_host);
  if (verdict.ok) return;
  report({
    ...value('E_SETTINGS_BASE_URL', 'venue.base_url'),
    reason: verdict.reason,
    remedy: `Write ${SFCOMPUTE_URL}, or http to 127.0.0.1, or name the host with allow_host`,
  });
};

const checkLiveLimits = (context: CheckContext): void => {
  const { draft, has, report } = context;
  if (modeOf(draft) !== 'live' || !isRemote(context)) return;
  const budget = draft.limits?.budget;
  const bounded = budget === 'unlimited' || has('limits.budget.day') || has('limits.budget.month');
  const missing = [
    ...(has('limits.ceiling') ? [] : ['limits.ceiling']),
    ...(has('limits.nodes') ? [] : ['limits.nodes']),
    ...(bounded ? [] : ['limits.budget with day or month (or budget: unlimited)']),
  ];
  if (missing.length === 0) return;
  const path = has('limits') ? 'limits' : has('mode') ? 'mode' : 'venue.kind';
  report({
    ...key('E_SETTINGS_UNLIMITED', path),
    reason: `this spends real money without ${missing.join(', ')}`,
    remedy: `Add ${missing.join(', ')}, or write mode: dry_run`,
  });
};

const checkPace = (context: CheckContext): void => {
  const { draft, has, report } = context;
  const speed = draft.clock?.speed;
  if (speed !== undefined && speed !== 1 && isRemote(context)) {
    report({
      ...value('E_SETTINGS_SPEED', 'clock.speed'),
      reason: 'the hours of a real venue cannot run faster',
      remedy: 'Remove clock.speed, or use the embedded market',
    });
  }
  const gapMs = draft.tick?.gapMs;
  if (speed === undefined || gapMs === undefined || gapMs * speed <= FIRST_LOOK_MS) return;
  const path = has('tick') ? 'tick' : 'clock.speed';
  const reason = `two ticks lie up to ${formatDuration(gapMs * speed)} of the market's time apart, and a renewal is decided in the last ${formatDuration(FIRST_LOOK_MS)} before it`;
  report({
    ...value('E_SETTINGS_TICK', path),
    reason,
    remedy: 'Tick more often, for example "*/30 * * * * *", or slow the clock',
  });
};

const checkNames = ({ draft, report }: CheckContext): void => {
  const seen = new Map<string, number>();
  for (const [index, fleet] of (draft.fleets ?? []).entries()) {
    if (fleet?.name === undefined) continue;
    const first = seen.get(fleet.name);
    if (first !== undefined) {
      report({
        ...value('E_SETTINGS_NAME', `fleets[${index}].name`),
        reason: `fleets[${first}] has this name already`,
        remedy: 'Give every fleet a name of its own',
      });
    } else seen.set(fleet.name, index);
  }
};

const checkRates = ({ draft, has, report }: CheckContext): void => {
  let purchases = 0;
  let raises = 0;
  for (const fleet of draft.fleets ?? []) {
    const nodes = mostNodes(fleet, draft.surge_nodes ?? 0) ?? 0;
    if (fleet?.hold === 'reserved') purchases += nodes / ((fleet.block ?? HOUR_MS) / HOUR_MS);
    const { ceiling, step, every } = fleet?.bid ?? {};
    if (fleet?.hold !== 'autoreserved' || ceiling === undefined || step === undefined || every === undefined)
      continue;
    const size = limitOf(step, ceiling);
    raises += nodes * raisesPerNodeHour({ everyMs: every, ceiling, step: size });
  }
  const say = (
    name: 'purchases_per_hour' | 'raises_per_hour',
    needed: number,
    doing: string,
    calmer: string,
  ): void => {
    const limit = draft.limits?.[name];
    if (limit === undefined || needed <= limit) return;
    const path = has(`limits.${name}`) ? `limits.${name}` : has('limits') ? 'limits' : 'fleets';
    const at = has(`limits.${name}`) ? value('E_SETTINGS_RATE', path) : key('E_SETTINGS_RATE', path);
    report({
      ...at,
      reason: `${doing} takes up to ${Math.ceil(needed)} an hour, and limits.${name} is ${limit}`,
      remedy: `Write limits.${name}: ${Math.ceil(needed)} or more, or ${calmer}`,
    });
  };
  say('purchases_per_hour', purchases, 'extending every block in time', 'longer blocks');
  say(
    'raises_per_hour',
    raises,
    'a climb of every node and the look before every renewal',
    'a longer `every`',
  );
};

/** The time with the most nodes wanted by all fleets together, over a bit more than a year of real changes. */
const busiest = ({ draft, nowMs }: CheckContext): { readonly nodes: number; readonly atMs: UnixMs } => {
  const schedules = (draft.fleets ?? []).map((fleet) => (fleet === undefined ? null : draftSchedule(fleet)));
  const surge = (draft.fleets ?? []).reduce(
    (sum, fleet) => sum + (fleet?.surge_nodes ?? draft.surge_nodes ?? 0),
    0,
  );
  const deltas: { readonly atMs: UnixMs; readonly gpus: number }[] = [];
  let gpus = 0;
  for (const schedule of schedules) {
    if (schedule === null) continue;
    let before = wantedGpus(schedule, nowMs);
    gpus += before;
    for (const change of changesBetween(schedule, nowMs, nowMs + 400 * DAY_MS)) {
      deltas.push({ atMs: change.atMs, gpus: change.gpus - before });
      before = change.gpus;
    }
  }
  let most = { nodes: gpus / GPUS_PER_NODE + surge, atMs: nowMs };
  const ordered = deltas.toSorted((a, b) => a.atMs - b.atMs);
  for (const [index, delta] of ordered.entries()) {
    gpus += delta.gpus;
    if (ordered[index + 1]?.atMs === delta.atMs) continue;
    if (gpus / GPUS_PER_NODE + surge > most.nodes)
      most = { nodes: gpus / GPUS_PER_NODE + surge, atMs: delta.atMs };
  }
  return most;
};

const checkNodes = (context: CheckContext): void => {
  const limit = context.draft.limits?.nodes;
  const sum = (context.draft.fleets ?? []).reduce(
    (all, fleet) => all + (mostNodes(fleet, context.draft.surge_nodes ?? 0) ?? 0),
    0,
  );
  if (limit === undefined || sum <= limit) return;
  const { nodes, atMs } = busiest(context);
  if (nodes <= limit) return;
  const reason = `the fleets want up to ${nodes} nodes together (from ${formatInstant(atMs)}), surge included`;
  context.report({
    ...value('E_SETTINGS_NODES', 'limits.nodes'),
    reason,
    remedy: `Write limits.nodes: ${nodes}, or want less`,
  });
};

const checkSpans = ({ draft, report }: CheckContext): void => {
  const { deadlines, price_band: band, quote, limits, listen, listen_metrics: metrics } = draft;
  if (deadlines?.tick !== undefined && deadlines.tick < (deadlines.list ?? 0) + (deadlines.change ?? 0)) {
    report({
      ...value('E_SETTINGS_DURATION', 'deadlines.tick'),
      reason: 'a tick lists and then changes, so its deadline is at least list + change',
      remedy: 'Raise deadlines.tick, or lower the other two',
    });
  }
  if ((quote?.fresh ?? 0) > (quote?.usable ?? Infinity)) {
    report({
      ...value('E_SETTINGS_DURATION', 'quote.fresh'),
      reason: 'a fresh quote is a usable one',
      remedy: 'Keep quote.fresh at or under quote.usable',
    });
  }
  if ((band?.low ?? 0) >= 10_000)
    report({
      ...value('E_SETTINGS_SHARE', 'price_band.low'),
      reason: 'no price under the ceiling would be believed',
      remedy: 'Write less than 100%',
    });
  if ((band?.high ?? 10_000) < 10_000)
    report({
      ...value('E_SETTINGS_SHARE', 'price_band.high'),
      reason: 'the ceiling itself would not be believed',
      remedy: 'Write 100% or more',
    });
  if (limits?.ceiling !== undefined && floorLimit(limits.ceiling) < GPUS_PER_NODE) {
    report({
      ...value('E_SETTINGS_CEILING', 'limits.ceiling'),
      reason: 'the smallest bid is 8 cents per node-hour',
      remedy: 'Write at least $0.01/gpu-hour',
    });
  }
  if (listen !== undefined && metrics !== undefined && listen.port === metrics.port && listen.port !== 0) {
    report({
      ...value('E_SETTINGS_LISTEN', 'listen_metrics'),
      reason: 'the port is the one of `listen`',
      remedy: 'Write another port',
    });
  }
};

const checkHooks = ({ draft, report }: CheckContext): void => {
  const { hooks } = draft;
  if (hooks === undefined || hooks.command !== undefined || hooks.url !== undefined) return;
  report({
    ...key('E_SETTINGS_MISSING', 'hooks'),
    reason: 'these hooks tell nobody',
    remedy: 'Add command or url, or remove them',
  });
};

/** Whoever reaches a public address must show a token for everything. */
const checkApi = ({ draft, report }: CheckContext): void => {
  const { api, listen } = draft;
  const pairs = [
    ['read', api?.read_token_env, api?.read_token_file],
    ['change', api?.change_token_env, api?.change_token_file],
  ] as const;
  for (const [what, name, path] of pairs) {
    if (name === undefined || path === undefined) continue;
    report({
      ...key('E_SETTINGS_VALUE', `api.${what}_token_env`),
      reason: 'the token is named twice',
      remedy: `Keep api.${what}_token_env or api.${what}_token_file`,
    });
  }
  if (listen?.host === undefined || isLoopback(listen.host)) return;
  const named = pairs.filter(([, name, path]) => name !== undefined || path !== undefined);
  if (named.length === pairs.length) return;
  report({
    ...value('E_SETTINGS_LISTEN', 'listen'),
    reason: 'everyone who can reach this address could use the API without a token',
    remedy:
      'Listen on 127.0.0.1 (listen_metrics gives /metrics alone to the network), or name both tokens under `api`',
  });
};

/** Every check that compares keys. */
export const checkSettings = (context: CheckContext): void => {
  checkVenue(context);
  checkUrl(context);
  checkLiveLimits(context);
  checkPace(context);
  checkSpans(context);
  checkApi(context);
  checkHooks(context);
  checkExtendLead(context, context.draft.extend_lead, 'extend_lead', null);
  checkBudgets(context);
  checkNotify(context);
  checkNames(context);
  for (const [index, fleet] of (context.draft.fleets ?? []).entries()) {
    if (fleet !== undefined) checkFleet(context, fleet, `fleets[${index}]`);
  }
  checkRates(context);
  checkNodes(context);
};
