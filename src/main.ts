// Wiring only: which adapter stands behind which port, for each verb. Every decision lives elsewhere.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statfsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CliError } from './cli/errors.ts';
import { EXIT, type ExitCode } from './cli/exit-codes.ts';
import { runBacktest } from './backtest/backtest.ts';
import { runProgram } from './cli/program.ts';
import { startText, stopText } from './cli/run-text.ts';
import type { LedgerReader, Loaded, LoadedSettings, MarketOptions, RunOptions, Shop } from './cli/shop.ts';
import { watchSettings } from './cli/watch-settings.ts';
import { stopFilesOf, watchStopFiles } from './cli/stop-files.ts';
import { listenForStop } from './cli/stop-signals.ts';
import { catchUp } from './daemon/tick.ts';
import { booksToBegin } from './daemon/snapshots.ts';
import { createReloader, type Reloader } from './daemon/reloader.ts';
import { createDaemon, type Daemon, type Reloadable } from './daemon/daemon.ts';
import { noVenue } from './daemon/no-venue.ts';
import { request, type StopResult } from './daemon/ask-beside.ts';
import { foresee } from './daemon/foresee.ts';
import { observe } from './daemon/observe.ts';
import { planProbe, probe } from './daemon/probe.ts';
import type { Request, Stop, Who } from './daemon/requests.ts';
import { rehearse, type RehearsalDeps } from './daemon/rehearse.ts';
import { keepHeapSmall } from './daemon/small-heap.ts';
import type { LedgerRecord } from './domain/entry.ts';
import type { FleetPolicy, Policy } from './domain/policy.ts';
import type { RememberedAsks } from './daemon/market-watch.ts';
import { quoteKey } from './domain/market.ts';
import type { TickReport } from './domain/report.ts';
import { callFor, reloadCall, reloadFrom, resultFrom } from './http/admin/calls.ts';
import { ensureTokenFile, readTokenFile, tokenFileOf } from './http/admin/token-file.ts';
import type { AdminOptions } from './http/admin/admin.ts';
import { askAdmin, askOverview, askReport, type AdminAnswer, type AdminCall } from './http/ask.ts';
import { startHttp } from './http/server.ts';
import { backUp } from './ledger/backup.ts';
import { acquireLease, leaseIfFree } from './ledger/lease.ts';
import { LedgerError } from './ledger/errors.ts';
import { copyInMemory, memoryLedger } from './ledger/memory.ts';
import { openLedger } from './ledger/sqlite-ledger.ts';
import { verifyChain } from './ledger/verify.ts';
import { scaledClock } from './market/clock.ts';
import { serveCopy, servedAt, serveMarket, type ServedMarket, type ServeSettings } from './market/serve.ts';
import type { Clock, Timer } from './ports/clock.ts';
import type { Ledger } from './ports/ledger.ts';
import type { Random } from './ports/random.ts';
import type { TokenSource } from './ports/token.ts';
import type { Venue } from './ports/venue.ts';
import { RecordingError } from './recording/errors.ts';
import { createRecorder } from './recording/recorder.ts';
import { openRecording, type Recording } from './recording/recording.ts';
import { copyRecording, exportRecording, importInto } from './recording/transfer.ts';
import { formatProblem } from './settings/errors.ts';
import { explain } from './settings/explain.ts';
import { judgeReload } from './settings/reload.ts';
import { loadSettings } from './settings/load.ts';
import { readRelease, releaseText } from './settings/release.ts';
import type { Settings, SfComputeVenueSettings, TokenPlace } from './settings/settings.ts';
import { openSlackAddress, openToken, openWebhookSecret, tokenSource } from './settings/token.ts';
import { formatTargets, formatWorstCase, worstCase } from './settings/worst-case.ts';
import { createLog, type Log, type LogFormat, type LogLevel } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { readKept } from './telemetry/notify/kept-file.ts';
import type { Address, Sender } from './telemetry/notify/letter.ts';
import { createNotifying, testNotices } from './telemetry/notify/notifying.ts';
import { createNodeHooks } from './telemetry/node-hooks.ts';
import { tellServiceManager } from './telemetry/service-manager.ts';
import { createTickLog } from './telemetry/ticklog.ts';
import { createSfcomputeVenue, type SfcomputeVenueOptions } from './venue/sfcompute/client.ts';
import { createUndiciTransport } from './venue/sfcompute/undici-transport.ts';
import { readVenueClock } from './venue/sfcompute/venue-clock.ts';

interface Wired extends LoadedSettings {
  readonly settings: Settings;
}

const RELEASE = readRelease(fileURLToPath(new URL('..', import.meta.url)), process.env);
const { version: VERSION } = RELEASE;
const monotonic = (): number => performance.now();
const realClock: Clock = { now: () => Date.now(), monotonic };
const timer: Timer = {
  sleep: (realMs, signal) =>
    delay(realMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};
const random: Random = { next: () => randomInt(2 ** 47) / 2 ** 47 };

// --- settings -------------------------------------------------------------------------------------------------------

const load = (file: string): Loaded<Wired> => {
  const result = loadSettings({ path: file }, process.env, Date.now());
  if (!result.ok) {
    return {
      ok: false,
      problems: result.problems.map((one) => ({ line: formatProblem(one), code: one.code })),
    };
  }
  const { settings } = result;
  const outlook = (): ReturnType<LoadedSettings['outlook']> => {
    const worst = worstCase(settings, Date.now());
    const json = { settings: { ...settings, policy: withoutBodies(settings) }, worst };
    return { targets: formatTargets(settings, worst), worstCase: formatWorstCase(worst), json };
  };
  const warnings = result.warnings.map(formatProblem);
  const { policy } = settings;
  const nowMs = (): number | null => (settings.clockSpeed === 1 ? Date.now() : null);
  return {
    ok: true,
    settings: {
      file,
      policy,
      hash: settings.hash,
      nowMs,
      realMoney: policy.mode === 'live' && settings.venue.kind === 'sfcompute' && !settings.venue.loopback,
      settings,
      warnings,
      explain: () => explain(settings),
      outlook,
    },
  };
};

/** The policy without cloud-init bodies, which may hold secrets. */
const withoutBodies = (settings: Settings): unknown => ({
  ...settings.policy,
  fleets: settings.policy.fleets.map((fleet) => ({ ...fleet, node: { ...fleet.node, cloudInit: null } })),
});

/** A dry run never touches the ledger of real money. */
const storeOf = (settings: Settings): string =>
  settings.policy.mode === 'dry_run' ? `${settings.storePath}.dry-run` : settings.storePath;

// --- venue ----------------------------------------------------------------------------------------------------------

interface Connection {
  readonly venue: Venue;
  readonly clock: Clock;
  /** Live secrets, for the log's redaction. */
  readonly secrets: () => readonly string[];
  readonly close: () => Promise<void>;
}

type OnRequest = NonNullable<SfcomputeVenueOptions['onRequest']>;

interface ConnectOptions {
  readonly onRequest?: OnRequest;
  readonly warn: (text: string) => void;
  /** Aborts the waiting for a venue that does not answer yet. */
  readonly signal?: AbortSignal;
}

const client = (
  settings: Settings,
  at: {
    readonly baseUrl: string;
    readonly clock: Clock;
    readonly token: TokenSource;
    readonly onRequest?: OnRequest;
  },
): { readonly venue: Venue; readonly close: () => Promise<void> } => {
  const { listMs, changeMs, quoteMs } = settings.deadlines;
  const allowHost = settings.venue.kind === 'sfcompute' ? settings.venue.allowHost : null;
  const transport = createUndiciTransport({ baseUrl: at.baseUrl, allowHost });
  const venue = createSfcomputeVenue({
    clock: at.clock,
    timer,
    random,
    transport: transport.send,
    token: at.token,
    deadlines: { listMs, changeMs, quoteMs },
    ...(at.onRequest === undefined ? {} : { onRequest: at.onRequest }),
  });
  return { venue, close: transport.close };
};

const embeddedToken: TokenSource = { current: () => 'embedded', reread: () => false };

/** A venue somewhere else. A fast clock starts at the venue's own Date, so that both show the same instant. */
const connectOutside = async (
  settings: Settings,
  venue: SfComputeVenueSettings,
  options: ConnectOptions,
): Promise<Connection> => {
  const token = openToken(venue.token, process.env, options.warn);
  const clock =
    settings.clockSpeed === 1 ? realClock : await venueClock(settings, venue.baseUrl, token, options);
  const { onRequest } = options;
  const made = client(settings, {
    baseUrl: venue.baseUrl,
    clock,
    token,
    ...(onRequest === undefined ? {} : { onRequest }),
  });
  return { ...made, clock, secrets: () => [token.current()] };
};

/** A clock at the settings' speed that begins at the venue's own instant. */
const venueClock = async (
  settings: Settings,
  baseUrl: string,
  token: TokenSource,
  { warn, signal }: ConnectOptions,
): Promise<Clock> => {
  const { clockSpeed: speed } = settings;
  const { venue, close } = client(settings, { baseUrl, clock: realClock, token });
  try {
    const originMs = await readVenueClock({ venue, baseUrl, speed, monotonic, timer, warn, signal });
    return scaledClock({ speed, originMs, monotonic });
  } finally {
    await close();
  }
};

const embedded = (settings: Settings): Omit<ServeSettings, 'port'> => {
  if (settings.venue.kind !== 'market') {
    throw Object.assign(new Error('these settings have no embedded market: set venue.kind: market'), {
      code: 'E_SETTINGS_VENUE',
    });
  }
  const path = `${settings.storePath}.market`;
  return { settings: settings.venue.market, path, speed: settings.clockSpeed, real: realClock, timer };
};

const connect = async (settings: Settings, options: ConnectOptions): Promise<Connection> =>
  settings.venue.kind === 'sfcompute'
    ? connectOutside(settings, settings.venue, options)
    : connectEmbedded(settings, await serveMarket({ ...embedded(settings), port: 0 }), options);

const connectEmbedded = (
  settings: Settings,
  market: ServedMarket,
  options: { readonly onRequest?: OnRequest },
): Connection => {
  const made = client(settings, {
    baseUrl: market.url,
    clock: market.clock,
    token: embeddedToken,
    ...options,
  });
  return {
    venue: made.venue,
    clock: market.clock,
    secrets: () => [],
    close: async () => {
      await made.close();
      await market.close();
    },
  };
};

/** For a verb beside a running daemon: its own embedded market where it runs, else the venue of the settings. */
const connectBeside = async (settings: Settings): Promise<Connection> => {
  const warn = (text: string): void => complain(text);
  if (settings.venue.kind === 'sfcompute') return connectOutside(settings, settings.venue, { warn });
  const baseUrl = await servedAt(embedded(settings).path);
  if (baseUrl === null) return connectEmbedded(settings, await serveCopy(embedded(settings)), {});
  const clock = await venueClock(settings, baseUrl, embeddedToken, { warn: complain });
  return { ...client(settings, { baseUrl, clock, token: embeddedToken }), clock, secrets: () => [] };
};

// --- verbs ----------------------------------------------------------------------------------------------------------

const write = (text: string): void => void process.stdout.write(`${text}\n`);
const print = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
};
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const logOf = (options: RunOptions, secrets: () => readonly string[]): Log =>
  createLog({
    secrets,
    ...(options.log === undefined ? {} : { format: options.log satisfies LogFormat }),
    ...(options.logLevel === undefined ? {} : { level: options.logLevel as LogLevel }),
  });

// --- notifications --------------------------------------------------------------------------------------------------

/** Where notices go, with the secrets that takes; throws E_SETTINGS_NOTIFY when one cannot be had. */
const notifyAddresses = ({ notify }: Settings, warn: (text: string) => void): readonly Address[] => {
  const { webhook = null, slack = null } = notify ?? {};
  return [
    ...(webhook === null
      ? []
      : [
          {
            channel: 'webhook' as const,
            url: webhook.url,
            secret: openWebhookSecret(webhook.secret, process.env, warn),
          },
        ]),
    ...(slack === null
      ? []
      : [{ channel: 'slack' as const, url: openSlackAddress(slack.url, process.env, warn) }]),
  ];
};

/** The webhook's address stands in the settings; Slack's is a secret, and so is the path alone. */
const secretsOf = (addresses: readonly Address[]): readonly string[] =>
  addresses.flatMap((one) => (one.channel === 'slack' ? [one.url, new URL(one.url).pathname] : [one.secret]));

const senderOf = ({ policy }: Settings): Sender => ({
  version: VERSION,
  name: `${policy.namePrefix}@${hostname()}`,
});

const noticesFile = (settings: Settings): string => `${storeOf(settings)}.notices`;

const readNotices: Shop<Wired>['readNotices'] = ({ settings }) => {
  const { notify } = settings;
  const { memory, outbox } = readKept(noticesFile(settings), complain);
  return {
    channels: [...(notify?.webhook == null ? [] : ['webhook']), ...(notify?.slack == null ? [] : ['slack'])],
    events: notify?.events ?? [],
    open: Object.values(memory.standing)
      .filter(({ told }) => told)
      .map(({ event, fleet, sinceMs }) => ({ what: event, fleet, sinceMs })),
    waiting: outbox.map(({ notice, channels }) => ({ text: notice.text, channels })),
  };
};

const HEARTBEAT_MS = 200;
const STOP_FILES_EVERY_MS = 1000;

/** What a running daemon takes over from settings. */
const reloadable = ({ policy, tick, tickGapMs, deadlines, changesAtOnce }: Settings): Reloadable => ({
  policy,
  pace: { cron: tick, gapMs: tickGapMs, heartbeatMs: HEARTBEAT_MS },
  deadlines,
  changesAtOnce,
});

/** Loads the settings file anew for whoever asks; `inForce` gives the settings that the daemon runs on. */
const reloading = (
  file: string,
  started: Settings,
  { daemon, metrics, log }: { readonly daemon: Daemon; readonly metrics: Metrics; readonly log: Log },
): { readonly reload: Reloader; readonly inForce: () => Settings } => {
  let running = started;
  const note = (success: boolean, atMs: number): void => metrics.onReload({ success, atMs });
  note(true, Date.now());
  const reload = createReloader<Settings>({
    judge: (acknowledged) =>
      judgeReload({
        running,
        loaded: loadSettings({ path: file }, process.env, Date.now()),
        acknowledged,
        livingNodes: daemon.livingNodes,
      }),
    take: async (settings, changes, who) => {
      metrics.learnFleets(settings.policy.fleets);
      const result = await daemon.reload(reloadable(settings), { settingsHash: settings.hash, changes }, who);
      if (result.kind === 'failed') metrics.learnFleets(running.policy.fleets);
      else running = settings;
      return result;
    },
    now: () => Date.now(),
    note,
    info: (text) => log.info(text),
    warn: (text) => log.warn(text),
  });
  return { reload, inForce: () => running };
};

/** Obeys a stop that came by signal or file, and says what came of it. */
const halter =
  (daemon: Daemon, log: Log) =>
  async (how: Stop, who: Who): Promise<void> => {
    const result = await daemon.ask({ kind: how }, who);
    if (result.kind === 'unchanged') return;
    const came = result.kind === 'failed' ? `failed: ${result.message}` : result.kind;
    log.warn(`${how} asked by ${who.by} (${who.why}): ${came}`);
  };

interface ApiTokens {
  readonly read: () => string | null;
  readonly change: () => string | null;
  readonly all: () => readonly string[];
}

/** The tokens of the settings; without a changing one, the one that is made beside the ledger. */
const apiTokens = (settings: Settings, path: string, warn: (text: string) => void): ApiTokens => {
  const { readToken, changeToken } = settings.api;
  const source = (place: TokenPlace | null): TokenSource | null =>
    place === null ? null : openToken(place, process.env, warn);
  const reading = source(readToken);
  const changing = source(changeToken);
  const made = changing === null ? ensureTokenFile(path) : null;
  if (changing === null && made === null)
    warn(`${tokenFileOf(path)} cannot be used: nothing can be changed over HTTP`);
  const read = (): string | null => reading?.current() ?? null;
  const change = (): string | null => changing?.current() ?? made;
  return { read, change, all: () => [read(), change()].filter((one) => one !== null) };
};

interface AdminParts {
  readonly daemon: Daemon;
  readonly ledger: Ledger;
  readonly connection: Connection;
  readonly reload: Reloader;
  readonly inForce: () => Settings;
  readonly tokens: ApiTokens;
  readonly log: Log;
}

const adminOf = (settings: Settings, parts: AdminParts): AdminOptions => {
  const { daemon, ledger, connection, reload, inForce, tokens, log } = parts;
  const path = storeOf(settings);
  return {
    version: VERSION,
    access: {
      hosts: [...settings.api.hosts, settings.listen.host],
      readToken: tokens.read,
      changeToken: tokens.change,
      reachable: settings.api.readToken !== null && settings.api.changeToken !== null,
    },
    deps: {
      lastReport: daemon.lastReport,
      books: daemon.books,
      records: (after, limit) => recordsAfter(ledger, after ?? Math.max(0, ledger.head() - limit), limit),
      ask: async (asked, who) => {
        const [file] = asked.kind === 'resume' ? stopFilesOf(path) : [];
        const message = file === undefined ? '' : `${file.path} says ${file.how}: ${file.why}`;
        const result =
          file === undefined
            ? await daemon.ask(asked, who)
            : ({ kind: 'refused', code: 'E_STOP_FILE', message } as const);
        log.info(`${asked.kind} asked by ${who.by} (${who.why}) over the API: ${result.kind}`);
        return result;
      },
      reload,
      observe: (node) => observe(connection.venue, node),
      foresee: (asked, who) => {
        const now = inForce();
        return foresee(rehearsalDeps({ settings: now, policy: now.policy }, connection), asked, who);
      },
    },
  };
};

const recordsAfter = async (
  ledger: Pick<Ledger, 'read'>,
  after: number,
  limit: number,
): Promise<readonly LedgerRecord[]> => {
  const found: LedgerRecord[] = [];
  for await (const batch of ledger.read(after)) {
    found.push(...batch.slice(0, limit - found.length));
    if (found.length >= limit) break;
  }
  return found;
};

const run = async (wired: Wired, options: RunOptions): Promise<ExitCode> => {
  const { settings } = wired;
  const { policy } = settings;
  keepHeapSmall(policy);
  const told = listenForStop();
  await using open = new AsyncDisposableStack();
  const connected: { secrets: () => readonly string[] } = { secrets: () => [] };
  const log = logOf(options, () => connected.secrets());
  const warn = (text: string): void => log.warn(text);
  const notify = notifyAddresses(settings, warn);
  connected.secrets = () => secretsOf(notify);
  const path = storeOf(settings);
  refuseStopFile(path);
  const lease = open.adopt(acquireLease({ path, nowMs: Date.now() }), (held) => held.release());
  const ledger = open.adopt(openLedger({ path }), (opened) => opened.close());
  const metrics = createMetrics({
    version: VERSION,
    channels: notify.map(({ channel }) => channel),
    commit: RELEASE.commit ?? '',
    fleets: policy.fleets,
    perNode: settings.metricsPerNode,
    onContradiction: (text) => log.error(text),
  });
  const connection = open.adopt(
    await connect(settings, { onRequest: metrics.onRequest, warn, signal: told.signal }),
    (one) => one.close(),
  );
  const tokens = apiTokens(settings, path, warn);
  connected.secrets = () => [...connection.secrets(), ...secretsOf(notify), ...tokens.all()];
  const { venue, clock } = connection;
  const tickLog = createTickLog({ log, clock });
  const notifying =
    settings.notify === null
      ? null
      : open.adopt(
          createNotifying({
            addresses: notify,
            rules: settings.notify,
            from: senderOf(settings),
            path: noticesFile(settings),
            timer,
            random,
            realNow: Date.now,
            ...metrics.notifications,
            warn,
          }),
          (one) => one.close(),
        );
  const recorder =
    settings.recording === null
      ? null
      : open.adopt(createRecorder({ ...settings.recording, onProblem: warn }), (one) => one.close());
  const hooks =
    settings.hooks === null
      ? null
      : open.adopt(createNodeHooks({ settings: settings.hooks, note: metrics.onHook, warn }), (one) =>
          one.close(),
        );
  const created = await createDaemon({
    clock,
    timer,
    ledger,
    venue,
    lease,
    random,
    ...reloadable(settings),
    snapshotAfterMs: settings.snapshotAfterMs,
    lowRunwayMs: settings.lowRunwayMs,
    start: { version: VERSION, settingsHash: settings.hash },
    onReport: (report) => {
      metrics.record(report);
      hooks?.record(report);
      tickLog(report);
      notifying?.take(report);
    },
    onFault: (err) =>
      log.error({ err }, 'a tick failed for a fault of the program; nothing is bought, looking goes on'),
    onProblem: (what, message) => warn(`${what}: ${message}`),
    ...(recorder === null ? {} : { seen: recorder }),
    remembered: rememberedAsks(settings, warn),
  });
  if (!created.ok) throw new LedgerError('E_LEDGER_OPEN', created.message);
  const { daemon } = created;
  const venueText = settings.venue.kind === 'market' ? 'the embedded market' : settings.venue.baseUrl;
  const { reload, inForce } = reloading(wired.file, settings, { daemon, metrics, log });
  const http = await startHttp({
    listen: settings.listen,
    listenMetrics: settings.listenMetrics,
    lastReport: daemon.lastReport,
    page: {
      overview: daemon.overview,
      history: daemon.history,
      about: {
        version: VERSION,
        venue: venueText,
        clockSpeed: settings.clockSpeed,
        paceMs: settings.tickGapMs,
      },
    },
    admin: adminOf(settings, { daemon, ledger, connection, reload, inForce, tokens, log }),
    health: daemon.health,
    metrics: metrics.scrape,
  });
  open.defer(() => http.close());
  daemon.start();
  const serviceManager = tellServiceManager({ environment: process.env, health: daemon.health, warn });
  const halt = halter(daemon, log);
  const reloadFor = (who: Who): void => void reload({ acknowledged: false, dryRun: false }, who);
  told.onOrder((order, name) => {
    const who = { by: `signal ${name}`, why: 'told by a signal' };
    if (order === 'reload') reloadFor(who);
    else void halt(order, who);
  });
  const watched = watchSettings(wired.file, () =>
    reloadFor({ by: `file ${basename(wired.file)}`, why: 'the settings file changed' }),
  );
  open.defer(() => watched.close());
  const files = watchStopFiles(path, STOP_FILES_EVERY_MS, (file) =>
    halt(file.how, { by: `file ${basename(file.path)}`, why: file.why }),
  );
  open.defer(() => files.close());
  const fleets = policy.fleets.map((fleet) => fleet.name);
  log.info(
    startText({
      version: VERSION,
      fleets,
      venue: venueText,
      mode: policy.mode,
      store: path,
      listen: http.listen,
    }),
  );
  log.info(`${await Promise.race([told.stop, daemon.stopAsked])}: stopping`);
  serviceManager.stop();
  log.info(stopText(await daemon.stop({ withdraw: inForce().onStop === 'withdraw_waiting' })));
  return EXIT.ok;
};

const market = async (wired: Wired, options: MarketOptions): Promise<ExitCode> => {
  const told = listenForStop();
  const log = logOf(options, () => []);
  const given = embedded(wired.settings);
  const served = await serveMarket({ ...given, port: options.port });
  log.info(
    `the market is served on ${served.url}; its state is kept in ${given.path}; its controls are under /_market/`,
  );
  log.info(`${await told.stop}: stopping`);
  await served.close();
  return EXIT.ok;
};

/** A file that says stop outlives the process, so that a supervisor cannot undo it. */
const refuseStopFile = (path: string): void => {
  const file = stopFilesOf(path).find((one) => one.how === 'stop');
  if (file !== undefined) throw new CliError('E_STOP_FILE', `${file.path} says stop: ${file.why}`);
};

/** What a file holds, no resume ends. */
const refuseResume = (path: string): void => {
  const [file] = stopFilesOf(path);
  if (file !== undefined) throw new CliError('E_STOP_FILE', `${file.path} says ${file.how}: ${file.why}`);
};

const QUOTE_WAIT_MS = 20_000;

const rehearsalDeps = (
  { settings, policy }: Pick<Wired, 'settings' | 'policy'>,
  { clock, venue }: Pick<Connection, 'clock' | 'venue'>,
): RehearsalDeps => ({
  clock,
  venue,
  random,
  policy: { ...policy, mode: 'live' },
  deadlines: settings.deadlines,
  changesAtOnce: 1,
  copy: async () => copyOf(storeOf(settings)),
  timer,
  remembered: rememberedAsks(settings, () => undefined),
  quoteWaitMs: QUOTE_WAIT_MS,
});

const rehearsal = async (wired: Wired): Promise<TickReport> => {
  const connection = await connectBeside(wired.settings);
  try {
    return await rehearse(rehearsalDeps(wired, connection));
  } finally {
    await connection.close();
  }
};

/** What jobs decide by, from before this start. A recording that cannot be read costs money, not safety: it is said and left. */
const rememberedAsks = (settings: Settings, warn: (text: string) => void): RememberedAsks => {
  const asks = new Map<string, ReturnType<Recording['quotes']>>();
  const wanted = settings.policy.fleets.some((fleet) => fleet.jobs.length > 0);
  const path = settings.recording?.path;
  if (!wanted || path === undefined || !existsSync(path)) return asks;
  try {
    const recording = openRecording(path);
    for (const { zone, hold } of recording.questions()) {
      asks.set(quoteKey(zone, hold), recording.quotes({ zone, hold }));
    }
    recording.close();
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    warn(`jobs begin without a history of asks: ${error.message}`);
  }
  return asks;
};

const copyOf = async (path: string): ReturnType<typeof copyInMemory> => {
  if (!existsSync(path)) return memoryLedger();
  const ledger = openLedger({ path, readOnly: true });
  try {
    return await copyInMemory(ledger);
  } finally {
    ledger.close();
  }
};

const readLedger = async ({ settings, policy }: Wired): Promise<TickReport | null> => {
  const path = storeOf(settings);
  if (!existsSync(path)) return null;
  return rehearse({
    clock: realClock,
    venue: noVenue,
    random,
    policy,
    deadlines: settings.deadlines,
    changesAtOnce: 1,
    copy: () => copyOf(path),
    timer,
    remembered: new Map(),
    quoteWaitMs: 0,
  });
};

const STOP_WAIT_MS = 30_000;

/** Who runs this command. */
const operator = (): string => process.env['USER'] ?? 'unknown';

/** The daemon's admin API with the token that this user may use; null where there is none. */
const askRunning = async ({ settings }: Wired, call: AdminCall): Promise<AdminAnswer | null> => {
  const token = apiToken(settings.api.changeToken) ?? readTokenFile(storeOf(settings));
  return token === null ? null : askAdmin(settings.listen, token, call);
};

/** The token of a place, silently: a verb may well run where the daemon's variable is not set. */
const apiToken = (place: TokenPlace | null): string | null => {
  if (place === null) return null;
  const read = tokenSource(place, process.env).read();
  return read.ok ? read.token.reveal() : null;
};

const ask: Shop<Wired>['ask'] = async (wired, asked, why) => {
  const call = callFor(asked, { by: operator(), why });
  const { settings } = wired;
  const path = storeOf(settings);
  if (asked.kind === 'resume') refuseResume(path);
  const answer = await askRunning(wired, call);
  const done = answer === null ? null : await resultOf(path, asked, answer);
  if (done === null) return askLedger(wired, asked, why);
  return asked.kind === 'stop' && done.kind === 'acknowledged' ? untilGone(path, done) : done;
};

/** What the API answered, with the books as the ledger has them now; null when it did not speak about the request. */
const resultOf = async (
  path: string,
  asked: Request,
  { status, body }: AdminAnswer,
): Promise<StopResult | null> => {
  const outcome = resultFrom(status, body);
  if (outcome === null || outcome.kind === 'failed' || outcome.kind === 'refused') return outcome;
  const ledger = openLedger({ path, readOnly: true });
  try {
    const books = booksToBegin(ledger);
    const problem = await catchUp(ledger, books);
    return problem === null ? { kind: outcome.kind, books } : { kind: 'failed', message: problem };
  } finally {
    ledger.close();
  }
};

const askLedger = async ({ settings, policy }: Wired, asked: Request, why: string): Promise<StopResult> => {
  const path = storeOf(settings);
  const lease = leaseIfFree({ path, nowMs: Date.now() });
  const ledger = openLedger({ path });
  try {
    const deps = {
      policy,
      clock: realClock,
      ledger,
      sleep: (realMs: number) => timer.sleep(realMs),
      by: operator(),
      why,
      fastClock: settings.clockSpeed !== 1,
      alone: lease !== null,
      waitMs: STOP_WAIT_MS,
    };
    const result = await request(deps, asked);
    if (asked.kind === 'stop' && result.kind === 'acknowledged') return await untilGone(path, result);
    return result;
  } finally {
    ledger.close();
    lease?.release();
  }
};

/** Waits until the daemon has given its lease back. */
const untilGone = async (
  path: string,
  result: StopResult & { kind: 'acknowledged' },
): Promise<StopResult> => {
  const until = monotonic() + STOP_WAIT_MS;
  while (monotonic() < until) {
    const lease = leaseIfFree({ path, nowMs: Date.now() });
    lease?.release();
    if (lease !== null) return result;
    await timer.sleep(200);
  }
  return { ...result, kind: 'unconfirmed' };
};

const readerOf = ({ settings }: Wired): LedgerReader => {
  const path = storeOf(settings);
  const ledger = openLedger({ path, readOnly: true });
  return {
    path,
    head: ledger.head,
    read: ledger.read,
    ...(ledger.snapshots === undefined ? {} : { snapshots: ledger.snapshots }),
    checkChain: () => verifyChain(ledger),
    close: ledger.close,
  };
};

const recordingOf: Shop<Wired>['recording'] = ({ settings }) => {
  if (settings.recording === null) throw new RecordingError('E_RECORDING_OFF', 'recording is off');
  const { path } = settings.recording;
  const reading = <Result>(use: (recording: Recording) => Result): Result => {
    const recording = openRecording(path);
    try {
      return use(recording);
    } finally {
      recording.close();
    }
  };
  return {
    summary: () => reading((recording) => recording.summary()),
    exportTo: (options) => reading((recording) => exportRecording(recording, options)),
    copyTo: (file) => reading((recording) => copyRecording(recording, file)),
    importFrom: (options) => importInto(path, options),
  };
};

const besideVenue: Shop<Wired>['besideVenue'] = async ({ settings }, use) => {
  const connection = await connectBeside(settings);
  try {
    return await use(connection.venue);
  } finally {
    await connection.close();
  }
};

const save = (file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CliError('E_OUT_FILE', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** A line on the terminal that the next one writes over; null takes it away. */
const progress = (line: string | null): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line ?? ''}`);
};

const fleetOf = (policy: Policy, name: string): FleetPolicy => {
  const fleet = policy.fleets.find((one) => one.name === name);
  if (fleet === undefined) throw new CliError('E_USAGE_FLEET', `the settings have no fleet ${name}`);
  return fleet;
};

const PROBE_PATIENCE_MS = 60_000;

/** Holds the lease: beside a daemon nothing is probed. */
const probing: Shop<Wired>['probe'] = async ({ settings, policy }, name) => {
  await using open = new AsyncDisposableStack();
  const path = settings.storePath;
  const lease = open.adopt(acquireLease({ path, nowMs: Date.now() }), (held) => held.release());
  const ledger = open.adopt(openLedger({ path }), (opened) => opened.close());
  const { venue, clock } = open.adopt(await connect(settings, { warn: complain }), (one) => one.close());
  return await probe({
    clock,
    timer,
    ledger,
    venue,
    lease,
    random,
    policy,
    deadlines: settings.deadlines,
    start: { version: `${VERSION} probe`, settingsHash: settings.hash },
    fleet: fleetOf(policy, name),
    patienceMs: PROBE_PATIENCE_MS,
  });
};

const watching: Shop<Wired>['watching'] = ({ settings }) => {
  const told = listenForStop();
  const { stdout } = process;
  const screen = { columns: () => stdout.columns, rows: () => stdout.rows };
  return {
    ask: () => askOverview(settings.listen, apiToken(settings.api.readToken)),
    screen: stdout.isTTY ? screen : null,
    write: (text) => void stdout.write(text),
    monotonic,
    sleep: (realMs) => timer.sleep(realMs, told.signal),
    stopped: () => told.signal.aborted,
  };
};

const shop: Shop<Wired> = {
  version: releaseText(RELEASE),
  write,
  print,
  complain,
  load,
  run,
  market,
  backtest: runBacktest,
  progress,
  rehearse: rehearsal,
  askDaemon: ({ settings }) => askReport(settings.listen, apiToken(settings.api.readToken)),
  watching,
  readLedger,
  recording: recordingOf,
  hasLedger: ({ settings }) => existsSync(storeOf(settings)),
  openLedger: readerOf,
  backUp: ({ settings }, to) => backUp({ from: storeOf(settings), to }),
  besideVenue,
  save,
  testNotices: ({ settings }) =>
    testNotices({
      addresses: notifyAddresses(settings, complain),
      from: senderOf(settings),
      realNow: Date.now,
    }),
  readNotices,
  disk: ({ settings }) => {
    const path = dirname(settings.storePath);
    try {
      const { bavail, bsize } = statfsSync(path);
      return { path, freeBytes: bavail * bsize };
    } catch {
      return null;
    }
  },
  stopFiles: ({ settings }) => stopFilesOf(storeOf(settings)),
  planProbe: ({ policy }, name) => planProbe(policy, fleetOf(policy, name), Date.now()),
  probe: probing,
  confirm: async (question) => {
    if (!process.stdin.isTTY) return false;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  },
  ask,
  observe: (wired, node) => besideVenue(wired, (venue) => observe(venue, node)),
  foresee: async (wired, asked, why) => {
    const connection = await connectBeside(wired.settings);
    try {
      return await foresee(rehearsalDeps(wired, connection), asked, { by: operator(), why });
    } finally {
      await connection.close();
    }
  },
  reload: async (wired, options, why) =>
    reloadFrom(await askRunning(wired, reloadCall(options, { by: operator(), why }))),
};

// A reader that has seen enough (`| head`) closes the pipe: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

process.exitCode = await runProgram(shop, process.argv.slice(2));
