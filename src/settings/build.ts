// Turns settings that passed every check into what the program uses. Nothing is judged here: a value that cannot be used
// was reported before, so an impossible one is a programmer's fault and throws.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { NOTICE_EVENTS } from '../domain/notice.ts';
import type {
  BidPolicy,
  Budget,
  BudgetStages,
  FleetPolicy,
  NodePolicy,
  Policy,
  Schedule,
} from '../domain/policy.ts';
import type { SimulatedMarketSettings } from '../domain/simulated-market.ts';
import { GPUS_PER_NODE } from '../domain/money.ts';
import { HOUR_MS } from '../domain/time.ts';
import {
  DEFAULT_INTERRUPTION_MS,
  DEFAULT_TOKEN_VARIABLE,
  SFCOMPUTE_URL,
  clockSkewOf,
  defaultLookAge,
  defaultQuoteFresh,
  defaultQuoteUsable,
  judgeUrl,
  limitOf,
  lookGapOf,
  modeOf,
  repostOf,
  startOf,
} from './resolve.ts';
import type { WrittenNotify } from './notify-schema.ts';
import type { Written, WrittenBudget, WrittenFleet } from './schema.ts';
import type {
  ApiSettings,
  HookSettings,
  NotifySettings,
  RecordingSettings,
  Settings,
  TokenPlace,
  VenueSettings,
} from './settings.ts';

export interface CloudInit {
  readonly base64: string;
  readonly sha256: string;
}

export interface BuildInput {
  readonly written: Written;
  /** Absolute path of the settings file, null for text. */
  readonly file: string | null;
  /** Paths in the settings are relative to this directory. */
  readonly directory: string;
  /** By position in `fleets`. */
  readonly cloudInit: readonly (CloudInit | null)[];
  /** Needed for kind market. */
  readonly market: SimulatedMarketSettings | null;
}

const budgetOf = (written: WrittenBudget | 'unlimited' | undefined): Budget => {
  if (written === undefined || written === 'unlimited') return {};
  const { hour, day, week, month } = written;
  return {
    ...(hour === undefined ? {} : { hour }),
    ...(day === undefined ? {} : { day }),
    ...(week === undefined ? {} : { week }),
    ...(month === undefined ? {} : { month }),
  };
};

/** The staged actions and the pacing of a budget; nothing where there are none. */
const budgetActions = (
  written: WrittenBudget | 'unlimited' | undefined,
): Pick<FleetPolicy, 'budgetStages' | 'pacing'> => {
  if (written === undefined || written === 'unlimited') return {};
  const { stages, pacing } = written;
  return {
    ...(stages === undefined ? {} : { budgetStages: stages as BudgetStages }),
    ...(pacing === undefined ? {} : { pacing }),
  };
};

const scheduleOf = (fleet: WrittenFleet): Schedule => ({
  timeZone: fleet.timezone,
  baseGpus: fleet.gpus,
  windows: fleet.schedule.map((window) => ({
    from: window.from,
    forMs: window.for,
    gpus: window.gpus,
    leadMs: window.lead,
  })),
});

const nodeOf = (fleet: WrittenFleet, cloudInit: CloudInit | null): NodePolicy => ({
  imageId: fleet.node.image_id ?? null,
  cloudInit: cloudInit?.base64 ?? null,
  cloudInitHash: cloudInit?.sha256 ?? null,
  forward443: fleet.node.forward_443,
});

const bidOf = ({ bid }: WrittenFleet, strategy: BidPolicy['strategy']): BidPolicy => {
  const climb = {
    ...startOf(bid.start, bid.ceiling),
    step: limitOf(bid.step, bid.ceiling),
    everyMs: bid.every,
    ceiling: bid.ceiling,
  };
  return strategy === 'follow'
    ? { strategy: 'follow', ...climb, interruptionMs: bid.interruption ?? DEFAULT_INTERRUPTION_MS }
    : { strategy: 'ladder', ...climb };
};

const fleetOf = (written: Written, fleet: WrittenFleet, cloudInit: CloudInit | null): FleetPolicy => ({
  name: fleet.name,
  gpu: fleet.gpu,
  zones: fleet.zones,
  schedule: scheduleOf(fleet),
  jobs: fleet.jobs.map(({ name, need, by, gpus }) => ({
    name,
    needMs: need,
    byMs: by,
    nodes: gpus / GPUS_PER_NODE,
  })),
  hold: fleet.hold,
  blockMs: fleet.block ?? HOUR_MS,
  bid: bidOf(fleet, fleet.bid.strategy),
  shadows: [...new Set(fleet.shadows)].map((strategy) => bidOf(fleet, strategy)),
  budget: budgetOf(fleet.budget),
  ...budgetActions(fleet.budget),
  surgeNodes: fleet.surge_nodes ?? written.surge_nodes,
  spread: fleet.spread ?? written.spread,
  bootLimitMs: fleet.boot_limit ?? written.boot_limit,
  replaceUnhealthy: fleet.replace_unhealthy ?? written.replace_unhealthy,
  extendLeadMs: fleet.extend_lead ?? written.extend_lead,
  node: nodeOf(fleet, cloudInit),
});

const policyOf = ({ written, cloudInit }: BuildInput): Policy => {
  const { speed } = written.clock;
  return {
    mode: modeOf(written),
    namePrefix: written.name_prefix,
    repost: repostOf(written),
    quarantineMs: written.quarantine,
    lookMaxAgeMs: written.look_max_age ?? defaultLookAge(speed),
    quoteFreshMs: written.quote.fresh ?? defaultQuoteFresh(speed),
    quoteUsableMs: written.quote.usable ?? defaultQuoteUsable(speed),
    priceBand: written.price_band,
    clockSkewMs: clockSkewOf(speed),
    lookGapMs: lookGapOf(written.tick.gapMs, speed),
    askEveryMs: written.recording === 'off' ? null : written.recording.every,
    limits: {
      ceiling: written.limits.ceiling ?? null,
      nodes: written.limits.nodes ?? null,
      purchasesPerHour: written.limits.purchases_per_hour,
      raisesPerHour: written.limits.raises_per_hour,
      budget: budgetOf(written.limits.budget),
      ...budgetActions(written.limits.budget),
      timeZone: written.limits.timezone,
    },
    neverTouch: written.never_touch,
    releaseLeadMs: written.hooks?.lead ?? 0,
    fleets: written.fleets.map((fleet, index) => fleetOf(written, fleet, cloudInit[index] ?? null)),
  };
};

const tokenOf = (written: Written, directory: string): TokenPlace => {
  const { token_env: name, token_file: path } = written.venue;
  return path === undefined
    ? { kind: 'env', name: name ?? DEFAULT_TOKEN_VARIABLE }
    : { kind: 'file', path: resolve(directory, path) };
};

const BYTES_PER_MEGABYTE = 1024 * 1024;

const recordingOf = ({ recording, store }: Written, directory: string): RecordingSettings | null =>
  recording === 'off'
    ? null
    : {
        path: resolve(directory, recording.store ?? `${store}.recording`),
        keepMs: recording.keep,
        mostBytes: recording.megabytes * BYTES_PER_MEGABYTE,
      };
const placeOf = (name: string | undefined, path: string | undefined, directory: string): TokenPlace => {
  if (path !== undefined) return { kind: 'file', path: resolve(directory, path) };
  if (name === undefined) throw new TypeError('a secret without a place passed the checks');
  return { kind: 'env', name };
};

const notifyOf = (written: WrittenNotify, directory: string): NotifySettings => {
  const { webhook, slack } = written;
  return {
    webhook:
      webhook === undefined
        ? null
        : { url: webhook.url, secret: placeOf(webhook.secret_env, webhook.secret_file, directory) },
    slack: slack === undefined ? null : { url: placeOf(slack.url_env, slack.url_file, directory) },
    events: [...new Set(written.events ?? NOTICE_EVENTS)],
    quietMs: written.quiet,
    patienceMs: written.patience,
    perHour: written.per_hour,
  };
};
const apiPlace = (name: string | undefined, path: string | undefined, directory: string): TokenPlace | null =>
  name === undefined && path === undefined ? null : placeOf(name, path, directory);

const hooksOf = ({ hooks }: Written): HookSettings | null =>
  hooks === undefined
    ? null
    : {
        command: hooks.command ?? null,
        url: hooks.url ?? null,
        leadMs: hooks.lead,
        timeoutMs: hooks.timeout,
      };

const apiOf = ({ api }: Written, directory: string): ApiSettings => ({
  hosts: api.hosts,
  readToken: apiPlace(api.read_token_env, api.read_token_file, directory),
  changeToken: apiPlace(api.change_token_env, api.change_token_file, directory),
});

const venueOf = ({ written, directory, market }: BuildInput): VenueSettings => {
  if (written.venue.kind === 'market') {
    if (market === null) throw new TypeError('the embedded market was not built');
    return { kind: 'market', market };
  }
  const verdict = judgeUrl(written.venue.base_url ?? SFCOMPUTE_URL, written.venue.allow_host);
  if (!verdict.ok) throw new TypeError(verdict.reason);
  return {
    kind: 'sfcompute',
    baseUrl: verdict.url,
    allowHost: written.venue.allow_host ?? null,
    loopback: verdict.loopback,
    token: tokenOf(written, directory),
  };
};

/** JSON with sorted keys; bodies of cloud-init and paths of this machine are left out. */
const canonical = (settings: Omit<Settings, 'hash'>): string =>
  JSON.stringify({ ...settings, file: null, storePath: null }, (name, value: unknown) => {
    if (name === 'cloudInit' || name === 'path') return typeof value === 'string' ? null : value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });

const deepFreeze = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
};

export const buildSettings = (input: BuildInput): Settings => {
  const { written, file, directory } = input;
  const settings = {
    policy: policyOf(input),
    tick: written.tick.text,
    tickGapMs: written.tick.gapMs,
    storePath: resolve(directory, written.store),
    recording: recordingOf(written, directory),
    listen: written.listen,
    listenMetrics: written.listen_metrics ?? null,
    metricsPerNode: written.metrics.per_node,
    api: apiOf(written, directory),
    hooks: hooksOf(written),
    venue: venueOf(input),
    clockSpeed: written.clock.speed,
    deadlines: {
      listMs: written.deadlines.list,
      changeMs: written.deadlines.change,
      tickMs: written.deadlines.tick,
      quoteMs: written.deadlines.quote,
    },
    changesAtOnce: written.changes_at_once,
    snapshotAfterMs: written.snapshot_after,
    lowRunwayMs: written.low_runway,
    onStop: written.on_stop,
    notify: written.notify === undefined ? null : notifyOf(written.notify, directory),
    file,
  };
  return deepFreeze({ ...settings, hash: createHash('sha256').update(canonical(settings)).digest('hex') });
};
