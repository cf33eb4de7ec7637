// The effective settings as text for people: every default filled in, every price in both units, nothing secret. The form
// is YAML-like so that it reads like the file it came from; what was computed says from what.
import { formatCents, formatPrice, GPUS_PER_NODE } from '../domain/money.ts';
import { formatInstant, HOUR_MS } from '../domain/time.ts';
import { BUDGET_PERIODS, BUDGET_STAGES, type FleetPolicy, type Policy } from '../domain/policy.ts';
import type { AskSource, SimulatedMarketSettings, SimulatedZone } from '../domain/simulated-market.ts';
import type { ApiSettings, Listen, NotifySettings, Settings, TokenPlace, VenueSettings } from './settings.ts';
import { writeDuration, writeShare } from './values.ts';

type Line = string;

const indent = (lines: readonly Line[], by = 2): readonly Line[] =>
  lines.map((line) => `${' '.repeat(by)}${line}`);
const section = (name: string, lines: readonly Line[]): readonly Line[] => [`${name}:`, ...indent(lines)];
const item = (lines: readonly Line[]): readonly Line[] =>
  lines.map((line, index) => `${index === 0 ? '- ' : '  '}${line}`);

const budgetText = ({
  budget,
  budgetStages = {},
  pacing,
}: Pick<FleetPolicy, 'budget' | 'budgetStages' | 'pacing'>): string => {
  const parts = BUDGET_PERIODS.flatMap((period) => {
    const sum = budget[period];
    return sum === undefined ? [] : [`${period}: ${formatCents(sum)}`];
  });
  const stages = BUDGET_STAGES.flatMap((stage) => {
    const share = budgetStages[stage];
    return share === undefined ? [] : [`${stage}: ${writeShare(share)}`];
  });
  if (pacing !== undefined) parts.push(`pacing: ${pacing}`);
  if (stages.length > 0) parts.push(`stages: { ${stages.join(', ')} }`);
  return parts.length === 0 ? 'unlimited' : `{ ${parts.join(', ')} }`;
};

const listenText = (listen: Listen | null): string =>
  listen === null ? 'none' : `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;

const askText = (ask: AskSource): string => {
  if (ask.kind === 'synthetic') {
    return `synthetic, mean ${formatPrice(ask.mean)}, volatility ${writeShare(ask.volatility)}, from ${formatPrice(ask.low)} to ${formatPrice(ask.high)}`;
  }
  return `${ask.kind} of ${ask.points.length} points`;
};

const zoneLines = (zone: SimulatedZone): readonly Line[] => [
  `name: ${zone.name}`,
  `region: ${zone.region}`,
  `gpu: ${zone.gpu} (${zone.instanceType})`,
  `nodes: ${zone.capacityNodes}`,
  `ask: ${askText(zone.ask)}`,
];

const marketLines = (market: SimulatedMarketSettings): readonly Line[] => [
  `seed: ${market.seed}`,
  `step: ${writeDuration(market.stepMs)}`,
  `payment_rule: ${market.paymentRule}`,
  `eviction: ${market.eviction}`,
  `horizon: ${writeDuration(market.horizonMs)}`,
  `reserved_premium: ${writeShare(market.reservedPremium)}`,
  `depth: ${formatCents(market.depthCentsPerNode)}/node-hour for each node bought`,
  `boot: ${writeDuration(market.bootMs)}`,
  `quote_delay: ${writeDuration(market.quoteDelayMs)}`,
  `unique_names: ${market.uniqueNames}`,
  `raising_allowed: ${market.raisingAllowed}`,
  `balance: ${formatCents(market.balance)}`,
  ...section(
    'zones',
    market.zones.flatMap((zone) => item(zoneLines(zone))),
  ),
];

const venueLines = (venue: VenueSettings): readonly Line[] => {
  if (venue.kind === 'market') return ['kind: market', ...section('market', marketLines(venue.market))];
  const token =
    venue.token.kind === 'env' ? `token_env: ${venue.token.name}` : `token_file: ${venue.token.path}`;
  return ['kind: sfcompute', `base_url: ${venue.baseUrl}${venue.loopback ? ' (this machine)' : ''}`, token];
};

const namedPlace = (place: TokenPlace | null): string =>
  place === null ? 'none' : place.kind === 'env' ? `the variable ${place.name}` : `the file ${place.path}`;

const apiLines = (api: ApiSettings): readonly Line[] => [
  `hosts: [${api.hosts.join(', ')}]`,
  `read token: ${namedPlace(api.readToken)}`,
  `change token: ${api.changeToken === null ? 'made by the daemon beside its ledger' : namedPlace(api.changeToken)}`,
];

const hooksText = ({ hooks }: Settings): Line =>
  hooks === null
    ? 'hooks: none'
    : `hooks: { command: [${(hooks.command ?? []).join(', ')}], url: ${hooks.url === null ? 'none' : new URL(hooks.url).host}, lead: ${writeDuration(hooks.leadMs)}, timeout: ${writeDuration(hooks.timeoutMs)} of real time }`;

const startText = (bid: FleetPolicy['bid']): string =>
  bid.quotePlus === null
    ? formatPrice(bid.startElse)
    : `{ quote: +${writeShare(bid.quotePlus)}, else: ${formatPrice(bid.startElse)}, after: ${writeDuration(bid.elseAfterMs)} }`;

const fleetLines = (fleet: FleetPolicy): readonly Line[] => [
  `name: ${fleet.name}`,
  `gpu: ${fleet.gpu}`,
  `gpus: ${fleet.schedule.baseGpus}`,
  `zones: ${fleet.zones === 'any' ? 'any' : `[${fleet.zones.join(', ')}]`}`,
  `timezone: ${fleet.schedule.timeZone}`,
  ...(fleet.schedule.windows.length === 0
    ? ['schedule: []']
    : section(
        'schedule',
        fleet.schedule.windows.map(
          (window) =>
            `- { from: "${window.from}", for: ${writeDuration(window.forMs)}, gpus: ${window.gpus}, lead: ${writeDuration(window.leadMs)} }`,
        ),
      )),
  ...(fleet.jobs.length === 0
    ? []
    : section(
        'jobs',
        fleet.jobs.map(
          (job) =>
            `- { name: ${job.name}, need: ${(job.needMs * GPUS_PER_NODE) / HOUR_MS} gpu-hours, by: ${formatInstant(job.byMs)}, gpus: ${job.nodes * GPUS_PER_NODE} }`,
        ),
      )),
  `hold: ${fleet.hold}`,
  ...(fleet.hold === 'reserved'
    ? [`block: ${writeDuration(fleet.blockMs)}`, `extend_lead: ${writeDuration(fleet.extendLeadMs)}`]
    : []),
  ...section('bid', [
    `strategy: ${fleet.bid.strategy}`,
    `start: ${startText(fleet.bid)}`,
    `step: ${formatPrice(fleet.bid.step)}`,
    `every: ${writeDuration(fleet.bid.everyMs)}`,
    `ceiling: ${formatPrice(fleet.bid.ceiling)}`,
    ...(fleet.bid.strategy === 'follow' ? [`interruption: ${writeDuration(fleet.bid.interruptionMs)}`] : []),
  ]),
  `shadows: [${fleet.shadows.map((one) => one.strategy).join(', ')}]`,
  `budget: ${budgetText(fleet)}`,
  `surge_nodes: ${fleet.surgeNodes}`,
  `spread: ${fleet.spread}`,
  `boot_limit: ${writeDuration(fleet.bootLimitMs)}`,
  `replace_unhealthy: ${fleet.replaceUnhealthy}`,
  `node: { image_id: ${fleet.node.imageId ?? 'none'}, cloud_init: ${fleet.node.cloudInitHash === null ? 'none' : `sha256 ${fleet.node.cloudInitHash}`}, forward_443: ${fleet.node.forward443} }`,
];

const limitLines = ({ limits }: Policy): readonly Line[] => [
  `ceiling: ${limits.ceiling === null ? 'none' : formatPrice(limits.ceiling)}`,
  `nodes: ${limits.nodes ?? 'none'}`,
  `purchases_per_hour: ${limits.purchasesPerHour}`,
  `raises_per_hour: ${limits.raisesPerHour}`,
  `budget: ${budgetText(limits)}`,
  `timezone: ${limits.timeZone}`,
];

const paceLines = (settings: Settings): readonly Line[] => {
  const { policy, deadlines } = settings;
  const speed = settings.clockSpeed === 1 ? '' : ` × clock.speed ${settings.clockSpeed}`;
  return [
    `quarantine: ${writeDuration(policy.quarantineMs)}`,
    `repost: ${policy.repost}`,
    `look_max_age: ${writeDuration(policy.lookMaxAgeMs)}`,
    `quote: { fresh: ${writeDuration(policy.quoteFreshMs)}, usable: ${writeDuration(policy.quoteUsableMs)} }`,
    `price_band: { low: ${writeShare(policy.priceBand.low)}, high: ${writeShare(policy.priceBand.high)} } of the ceiling`,
    `deadlines: { list: ${writeDuration(deadlines.listMs)}, change: ${writeDuration(deadlines.changeMs)}, tick: ${writeDuration(deadlines.tickMs)}, quote: ${writeDuration(deadlines.quoteMs)} } of real time`,
    `changes_at_once: ${settings.changesAtOnce}`,
    `on_stop: ${settings.onStop}`,
    `# computed: a look every ${writeDuration(policy.lookGapMs)} at the latest (the larger of 2m and twice the pace${speed})`,
    `# computed: clocks may differ by ${writeDuration(policy.clockSkewMs)} (the larger of 2m and 1s${speed})`,
  ];
};

const recordingText = ({ recording, policy }: Settings): string =>
  recording === null || policy.askEveryMs === null
    ? 'recording: off'
    : `recording: { store: sqlite:${recording.path}, every: ${writeDuration(policy.askEveryMs)}, keep: ${writeDuration(recording.keepMs)}, megabytes: ${recording.mostBytes / 1024 / 1024} }`;
const notifyLines = (notify: NotifySettings | null): readonly Line[] => {
  if (notify === null) return ['notify: none'];
  const placeText = (name: string, place: TokenPlace): Line =>
    place.kind === 'env' ? `${name}_env: ${place.name}` : `${name}_file: ${place.path}`;
  const { webhook, slack } = notify;
  return section('notify', [
    webhook === null
      ? 'webhook: none'
      : `webhook: { url: ${webhook.url}, ${placeText('secret', webhook.secret)} }`,
    slack === null ? 'slack: none' : `slack: { ${placeText('url', slack.url)} }`,
    `events: [${notify.events.join(', ')}]`,
    `quiet: ${writeDuration(notify.quietMs)}`,
    `patience: ${writeDuration(notify.patienceMs)}`,
    `per_hour: ${notify.perHour}`,
  ]);
};

/** The effective settings; contains no secret. */
export const explain = (settings: Settings): string =>
  [
    `# ${settings.file ?? 'settings given as text'}`,
    `# hash ${settings.hash}`,
    `mode: ${settings.policy.mode}`,
    `tick: "${settings.tick}" # at the latest every ${writeDuration(settings.tickGapMs)} of real time`,
    `store: sqlite:${settings.storePath}`,
    `snapshot_after: ${writeDuration(settings.snapshotAfterMs)}`,
    `low_runway: ${writeDuration(settings.lowRunwayMs)}`,
    recordingText(settings),
    `listen: ${listenText(settings.listen)}`,
    `listen_metrics: ${listenText(settings.listenMetrics)}`,
    ...section('api', apiLines(settings.api)),
    hooksText(settings),
    `name_prefix: ${settings.policy.namePrefix}`,
    `never_touch: [${settings.policy.neverTouch.join(', ')}]`,
    ...section('venue', venueLines(settings.venue)),
    `clock: { speed: ${settings.clockSpeed} }`,
    ...section('limits', limitLines(settings.policy)),
    ...paceLines(settings),
    ...notifyLines(settings.notify),
    ...section(
      'fleets',
      settings.policy.fleets.flatMap((fleet) => item(fleetLines(fleet))),
    ),
    '',
  ].join('\n');
