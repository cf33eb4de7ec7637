// Every key of the settings file with its sort, default and meaning: the one source of the check at start, of
// config/bidkeeper.schema.json and of the README's table. A key stands here only when it works.
import { z } from 'zod';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import * as leaf from './leaves.ts';
import { marketSchema } from './market-schema.ts';
import { key } from './key.ts';
import { notifySchema } from './notify-schema.ts';

const DAYS_31_MS = 31 * 24 * HOUR_MS;
const words = <const Words extends readonly [string, ...string[]]>(list: Words) =>
  z.enum(list).meta({ title: list.join(' | ') });
const yesNo = z.boolean().meta({ title: 'true | false' });

const stagesSchema = z.strictObject({
  notify: key(leaf.stageShare.optional(), 'Say so, in the log, in `status` and to whoever is notified.'),
  stop_raising: key(leaf.stageShare.optional(), 'Raise no limit; bids and nodes keep the one they have.'),
  stop_buying: key(leaf.stageShare.optional(), 'Also buy no node, and withdraw bids that are not filled.'),
  let_end: key(leaf.stageShare.optional(), 'Also let every node end with the time it has paid for.'),
  release: key(
    leaf.stageShare.optional(),
    'Also release autoreserved nodes at once, without waiting for the end of their hour; time paid for stays usable.',
  ),
});

const budgetSchema = z.strictObject({
  hour: key(leaf.budgetSum.optional(), 'Most money for the hours of one clock hour.'),
  day: key(leaf.budgetSum.optional(), 'Most money for the hours of one calendar day.'),
  week: key(leaf.budgetSum.optional(), 'Most money for the hours of one week, from Monday.'),
  month: key(leaf.budgetSum.optional(), 'Most money for the hours of one calendar month.'),
  pacing: key(
    words(['day', 'week', 'month']).optional(),
    'Spread what is left of that budget over the node-hours that the schedule still wants in it: bids and held nodes offer at most the average that the rest can bear.',
  ),
  stages: key(
    stagesSchema.optional(),
    'Actions at shares of the day, week and month above (spent + put aside), in this order and at shares that do not fall; each is taken once a period and holds to its end. An hour is bought whole, so it has none.',
  ),
});

const limitsSchema = z.strictObject({
  ceiling: key(leaf.price.optional(), 'Hard cap: no request of this process ever carries a higher limit.'),
  nodes: key(
    leaf.whole(1, 1_000_000).optional(),
    'Hard cap on nodes held, waiting and asked for, all fleets together.',
  ),
  purchases_per_hour: key(leaf.whole(1, 1_000_000).prefault(120), 'Most creates and extensions an hour.'),
  raises_per_hour: key(leaf.whole(1, 10_000_000).prefault(600), 'Most changes of a limit an hour.'),
  budget: key(
    z.union([z.literal('unlimited').meta({ title: 'unlimited' }), budgetSchema]).optional(),
    'Most money of all fleets together; `unlimited` says in words that there is none.',
  ),
  timezone: key(
    leaf.timeZone.prefault('UTC'),
    "The zone whose clock begins this budget's hours, days, weeks and months.",
  ),
});

const startSchema = z.strictObject({
  quote: key(leaf.plusShare.prefault('+2%'), 'A climb starts this much above the quote.'),
  else: key(
    leaf.priceOrShare.prefault('50%'),
    'Where it starts without a quote: a price, or a share of the ceiling.',
  ),
  after: key(
    leaf.duration(0, 24 * HOUR_MS).prefault('2m'),
    'How long a quote is waited for before `else` is used.',
  ),
});

const bidSchema = z.strictObject({
  strategy: key(
    words(['ladder', 'follow']).prefault('ladder'),
    'How bids are made. ladder: start at the quote, rise in steps to the ceiling. follow: offer what each quote says is worth it, let nothing stand; the ladder without quotes.',
  ),
  start: key(
    z.union([leaf.price, startSchema]).prefault({}),
    'Where a climb starts: one price, or a rule with these keys.',
  ),
  step: key(
    leaf.priceOrShare.prefault('5%'),
    'One rise of the limit: a price or a share of the ceiling, at least 8 cents per node-hour, rounded down to a multiple of it.',
  ),
  every: key(
    leaf.duration(10 * SECOND_MS, 24 * HOUR_MS).prefault('5m'),
    'Time between two rises while unfilled.',
  ),
  ceiling: key(leaf.price, 'The most this fleet ever offers.'),
  interruption: key(
    leaf.duration(MINUTE_MS, 7 * 24 * HOUR_MS).optional(),
    'follow (also as a shadow): what losing a running node costs you, as time at the ceiling; more bids safer. Default 1h.',
  ),
});

const windowSchema = z.strictObject({
  from: key(leaf.cronText, "When the window begins: minute hour day month weekday, on the fleet's clock."),
  for: key(leaf.duration(MINUTE_MS, 366 * 24 * HOUR_MS), 'How long it lasts, in elapsed time.'),
  gpus: key(leaf.gpus, 'GPUs wanted inside the window, instead of the base.'),
  lead: key(
    leaf.duration(0, 24 * HOUR_MS).prefault('0s'),
    'Nodes are wanted this much earlier, so that they are up in time.',
  ),
});

const jobSchema = z.strictObject({
  name: key(leaf.jobName, "The job's name; its progress is kept under it."),
  need: key(leaf.need, 'Useful time it needs in all.'),
  by: key(leaf.deadline, 'When it must be done.'),
  gpus: key(leaf.gpus, 'The most GPUs it uses at once; 8 a node.'),
});

const nodeSchema = z.strictObject({
  image_id: key(
    leaf.plainText('image id', 'vmi_1a2b3c', /^[A-Za-z0-9_-]{1,128}$/).optional(),
    "The venue's id of a custom image.",
  ),
  cloud_init_file: key(
    leaf.plainText('path', './boot.sh').optional(),
    'Boot script, relative to this file, at most 64 KiB. The ledger keeps its hash only.',
  ),
  forward_443: key(yesNo.prefault(false), 'Forward port 443 to the VM.'),
});

const spread = words(['one_zone', 'free']);
const bootLimit = leaf.duration(MINUTE_MS, 24 * HOUR_MS);
const extendLead = leaf.duration(MINUTE_MS, 48 * HOUR_MS);
const surge = leaf.whole(0, 1000);

const fleetSchema = z.strictObject({
  name: key(leaf.fleetName, "The fleet's name, part of every node's name."),
  gpu: key(leaf.word('GPU type', 'h100'), 'GPU type, as the venue calls it, in lower case.'),
  gpus: key(leaf.gpus, 'GPUs wanted outside every window; 8 a node.'),
  zones: key(
    z
      .union([
        z.literal('any').meta({ title: 'any' }),
        z.array(leaf.word('zone', 'hayesvalley')).min(1).meta({ title: 'list of zones' }),
      ])
      .prefault('any'),
    'Zones to buy in; `any`: every zone with that GPU type, tried by price.',
  ),
  timezone: key(leaf.timeZone.prefault('UTC'), "The clock of the schedule and of the fleet's budget."),
  schedule: key(
    z.array(windowSchema).max(64).prefault([]),
    'Windows in which another number of GPUs is wanted. They may not overlap.',
  ),
  jobs: key(
    z.array(jobSchema).max(64).prefault([]),
    'Work with a deadline: nodes on top of the schedule, in the hours in which they are cheap. Autoreserved only.',
  ),
  hold: key(
    words(['autoreserved', 'reserved']).prefault('autoreserved'),
    'Who keeps the nodes going: the venue, hour by hour, or this daemon in blocks with a fixed end.',
  ),
  block: key(
    leaf.duration(HOUR_MS, DAYS_31_MS).optional(),
    'Reserved only: length of a bought block in whole hours. Default 1h.',
  ),
  bid: key(bidSchema, 'The bid policy.'),
  shadows: key(
    z
      .array(words(['ladder', 'follow']))
      .max(2)
      .prefault([]),
    'Strategies that watch and buy nothing: what they would have paid and got is counted, with the keys of `bid`.',
  ),
  budget: key(budgetSchema.optional(), 'Most money for this fleet.'),
  node: key(nodeSchema.prefault({}), 'What each node is started with.'),
  surge_nodes: key(surge.optional(), "Overrides the root's key of the same name for this fleet."),
  spread: key(spread.optional(), "Overrides the root's key of the same name for this fleet."),
  boot_limit: key(bootLimit.optional(), "Overrides the root's key of the same name for this fleet."),
  replace_unhealthy: key(yesNo.optional(), "Overrides the root's key of the same name for this fleet."),
  extend_lead: key(extendLead.optional(), "Overrides the root's key of the same name for this fleet."),
});

const venueSchema = z.strictObject({
  kind: key(
    words(['market', 'sfcompute']).prefault('market'),
    'The embedded market, or a server that speaks the SF Compute API.',
  ),
  base_url: key(
    leaf.plainText('address', 'https://api.sfcompute.com', /^https?:\/\/\S+$/).optional(),
    'sfcompute: where the API is. Default https://api.sfcompute.com; http only to loopback.',
  ),
  allow_host: key(
    leaf.plainText('host', 'sfc-proxy.example.com', /^[A-Za-z0-9.:[\]-]+$/).optional(),
    'sfcompute: the one other host that may be given the token, by name.',
  ),
  token_env: key(
    leaf.plainText('variable', 'SFC_API_TOKEN', /^[A-Z_][A-Z0-9_]{0,127}$/).optional(),
    'sfcompute: environment variable that holds the token. Default SFC_API_TOKEN.',
  ),
  token_file: key(
    leaf.plainText('path', '/run/secrets/sfc').optional(),
    'sfcompute: file that holds the token instead, relative to this file.',
  ),
  market: key(
    marketSchema.optional(),
    'market: the embedded market. Default: two zones of H100 with a synthetic ask.',
  ),
});

const realTime = leaf.duration(SECOND_MS, HOUR_MS);
const deadlinesSchema = z.strictObject({
  list: key(realTime.prefault('20s'), 'Real time for listing the nodes.'),
  change: key(realTime.prefault('60s'), 'Real time for one change; after it the outcome is unknown.'),
  tick: key(realTime.prefault('90s'), 'Real time for a whole tick.'),
  quote: key(realTime.prefault('600s'), 'Real time for a quote.'),
});

const tokenVariable = leaf.plainText('variable', 'BIDKEEPER_API_TOKEN', /^[A-Z_][A-Z0-9_]{0,127}$/);
const tokenPath = leaf.plainText('path', '/run/secrets/bidkeeper');
const apiSchema = z.strictObject({
  hosts: key(
    z
      .array(leaf.plainText('host', 'bidkeeper.internal', /^[A-Za-z0-9.:[\]-]{1,253}$/))
      .max(32)
      .prefault([]),
    'Names, beside those of this machine, under which the API may be asked; others are refused.',
  ),
  read_token_env: key(
    tokenVariable.optional(),
    'Environment variable with the token that may read. Without one reading is free on this machine.',
  ),
  read_token_file: key(tokenPath.optional(), 'File that holds the reading token instead.'),
  change_token_env: key(
    tokenVariable.optional(),
    'Environment variable with the token that may change things. Default: one the daemon makes in `<store>.api-token`.',
  ),
  change_token_file: key(tokenPath.optional(), 'File that holds the changing token instead.'),
});

const hooksSchema = z.strictObject({
  command: key(
    z.array(leaf.plainText('word', '/usr/local/bin/drain-node')).min(1).max(32).optional(),
    'Command, as a list of words without a shell, that is told of each end in BIDKEEPER_EVENT, _NODE, _NODE_ID, _FLEET, _ZONE, _ENDS_AT.',
  ),
  url: key(
    leaf.plainText('address', 'http://127.0.0.1:6817/drain', /^https?:\/\/\S+$/).optional(),
    'Address to which the same is posted as JSON.',
  ),
  lead: key(
    leaf.duration(MINUTE_MS, HOUR_MS).prefault('10m'),
    'A node is let go this long before its paid time ends, and an unextended block is told then.',
  ),
  timeout: key(
    leaf.duration(SECOND_MS, HOUR_MS).prefault('60s'),
    'Real time after which a call is ended; ticks never wait for one.',
  ),
});

const quoteSchema = z.strictObject({
  fresh: key(
    leaf.duration(SECOND_MS, HOUR_MS).optional(),
    'A quote this young may start or re-anchor a climb. Default 90s, at least 5 s of real time where the clock runs fast.',
  ),
  usable: key(
    leaf.duration(SECOND_MS, 24 * HOUR_MS).optional(),
    'A quote older than this counts as none. Default 10m, at least 15 s of real time where the clock runs fast.',
  ),
});

const recordingSchema = z.strictObject({
  store: key(
    leaf.store.optional(),
    'An SQLite file, relative to this file. Default: the store with .recording added.',
  ),
  every: key(
    leaf.duration(MINUTE_MS, HOUR_MS).prefault('5m'),
    'A zone is asked for its price at least this often, also when nothing is to be bought.',
  ),
  keep: key(
    leaf.duration(24 * HOUR_MS, 10 * 366 * 24 * HOUR_MS).prefault('8784h'),
    'Quotes older than this are dropped.',
  ),
  megabytes: key(
    leaf.whole(1, 1_000_000).prefault(256),
    'The file never grows beyond this; the oldest quotes are dropped first.',
  ),
});

const bandSchema = z.strictObject({
  low: key(leaf.share.prefault('5%'), 'Lowest share of the ceiling at which a price is believed.'),
  high: key(leaf.share.prefault('300%'), 'Highest share of the ceiling at which a price is believed.'),
});

export const settingsSchema = z
  .strictObject({
    mode: key(
      words(['live', 'dry_run']).optional(),
      'Whether requests that spend are sent. Default dry_run for sfcompute, live for the embedded market.',
    ),
    tick: key(
      leaf.tick.prefault('*/30 * * * * *'),
      'The pace: cron text with seconds first, in UTC and real time.',
    ),
    store: key(leaf.store.prefault('sqlite:./data/bidkeeper.db'), 'The ledger, relative to this file.'),
    recording: key(
      z.union([z.literal('off').meta({ title: 'off' }), recordingSchema]).prefault({}),
      'Keeps every quote and listing seen, for `bidkeeper recording` and `bidkeeper backtest`; `off` does not.',
    ),
    snapshot_after: key(
      leaf.duration(HOUR_MS, 8784 * HOUR_MS).prefault('168h'),
      'Entries of the ledger older than this fold into a snapshot, so that a start does not slow down over years. No entry is changed or removed.',
    ),
    listen: key(leaf.listen.prefault('127.0.0.1:9464'), 'Status page, API and /metrics.'),
    listen_metrics: key(
      leaf.listen.optional(),
      'A second, read-only port with /metrics and health only. Default: none.',
    ),
    metrics: key(
      z
        .strictObject({
          per_node: key(
            yesNo.prefault(false),
            'Whether /metrics has three series for each node, with its name.',
          ),
        })
        .prefault({}),
      'What /metrics shows beyond the catalogue.',
    ),
    api: key(apiSchema.prefault({}), 'The admin API.'),
    hooks: key(
      hooksSchema.optional(),
      'What is told before a node ends, so that a scheduler can drain it. Default: nothing.',
    ),
    venue: key(venueSchema.prefault({}), 'Where nodes are bought.'),
    clock: key(
      z
        .strictObject({
          speed: key(
            z.number().min(1).max(3600).meta({ title: 'number' }).prefault(1),
            'Seconds of the market in one real second; embedded market or loopback only.',
          ),
        })
        .prefault({}),
      "The daemon's clock.",
    ),
    limits: key(limitsSchema.prefault({}), 'Hard caps of the process.'),
    fleets: key(z.array(fleetSchema).min(1).max(1000), 'The managed groups of nodes.'),
    low_runway: key(
      leaf.duration(MINUTE_MS, 8784 * HOUR_MS).prefault('12h'),
      "Warn while the account's money lasts less than this, at what the nodes cost at most or at what the balance was seen to lose.",
    ),
    name_prefix: key(leaf.namePrefix.prefault('bk'), 'How the names of our nodes begin.'),
    never_touch: key(
      z
        .array(leaf.plainText('name or id of a node', 'n_1a2b3c', /^[A-Za-z0-9_.:-]{1,128}$/))
        .max(1000)
        .prefault([]),
      'Nodes, by name or id at the venue, about which no request is ever sent and which cannot be adopted.',
    ),
    surge_nodes: key(surge.prefault(0), 'Nodes by which a fleet may pass its target for a moment.'),
    quarantine: key(
      leaf.duration(MINUTE_MS, 24 * HOUR_MS).prefault('15m'),
      'How long a purchase whose answer was lost keeps its place before it may be proved void.',
    ),
    repost: key(
      words(['never', 'same_name']).optional(),
      'What may be sent again after a lost answer. Default never for sfcompute, same_name for the embedded market.',
    ),
    boot_limit: key(
      bootLimit.prefault('20m'),
      'A node whose VM does not run by then is held but not obtained.',
    ),
    spread: key(spread.prefault('one_zone'), 'Whether a fleet stays in one zone.'),
    replace_unhealthy: key(yesNo.prefault(false), 'Whether failed nodes are released and bought anew.'),
    look_max_age: key(
      leaf.duration(SECOND_MS, 12 * HOUR_MS).optional(),
      'Nothing is bought on a look older than this. Default 60s, at least 5 s of real time where the clock runs fast.',
    ),
    price_band: key(
      bandSchema.prefault({}),
      'Prices outside this band cannot be explained, so nothing is bought at them.',
    ),
    deadlines: key(deadlinesSchema.prefault({}), 'How long calls may take, in real time.'),
    changes_at_once: key(leaf.whole(1, 64).prefault(8), 'Changes in flight at the same time.'),
    extend_lead: key(
      extendLead.prefault('30m'),
      'Reserved nodes are extended from this long before their end on, at once or when an ask that jumped has come down; at least quarantine + 5m.',
    ),
    on_stop: key(
      words(['keep', 'withdraw_waiting']).prefault('keep'),
      'What stopping does to waiting bids; held nodes are always left as they are.',
    ),
    quote: key(quoteSchema.prefault({}), 'How old a quote may be.'),
    notify: key(notifySchema.optional(), 'Who is told at once, and of what. Default: nobody.'),
  })
  .meta({
    title: 'bidkeeper settings',
    description: 'Settings of bidkeeper: see README and config/bidkeeper.yaml.',
  });

/** The settings as read, before names are turned into paths, shares into prices, and so on. */
export type Written = z.output<typeof settingsSchema>;
export type WrittenFleet = Written['fleets'][number];
export type WrittenBudget = z.output<typeof budgetSchema>;

/** JSON Schema (2020-12) of the settings file, for editors. */
export const settingsJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(settingsSchema, { io: 'input' }),
});
