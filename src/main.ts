// Wiring only: which adapter stands behind which port, for each verb. Every decision lives elsewhere.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CliError } from './cli/errors.ts';
import { EXIT, type ExitCode } from './cli/exit-codes.ts';
import { runBacktest } from './backtest/backtest.ts';
import { runProgram } from './cli/program.ts';
import { startText, stopText } from './cli/run-text.ts';
import type { LedgerReader, Loaded, LoadedSettings, MarketOptions, RunOptions, Shop } from './cli/shop.ts';
import { stopFilesOf, watchStopFiles } from './cli/stop-files.ts';
import { listenForStop } from './cli/stop-signals.ts';
import { createDaemon, type Daemon } from './daemon/daemon.ts';
import { noVenue } from './daemon/no-venue.ts';
import { request, type StopResult } from './daemon/ask-beside.ts';
import type { Stop, Who } from './daemon/requests.ts';
import { rehearse } from './daemon/rehearse.ts';
import { keepHeapSmall } from './daemon/small-heap.ts';
import type { TickReport } from './domain/report.ts';
import { askReport } from './http/ask.ts';
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
import type { Random } from './ports/random.ts';
import type { TokenSource } from './ports/token.ts';
import type { Venue } from './ports/venue.ts';
import { RecordingError } from './recording/errors.ts';
import { createRecorder } from './recording/recorder.ts';
import { openRecording, type Recording } from './recording/recording.ts';
import { copyRecording, exportRecording, importInto } from './recording/transfer.ts';
import { formatProblem } from './settings/errors.ts';
import { explain } from './settings/explain.ts';
import { loadSettings } from './settings/load.ts';
import { readRelease, releaseText } from './settings/release.ts';
import type { Settings, SfComputeVenueSettings } from './settings/settings.ts';
import { openSlackAddress, openToken, openWebhookSecret } from './settings/token.ts';
import { formatTargets, formatWorstCase, worstCase } from './settings/worst-case.ts';
import { createLog, type Log, type LogFormat, type LogLevel } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { readKept } from './telemetry/notify/kept-file.ts';
import type { Address, Sender } from './telemetry/notify/letter.ts';
import { createNotifying, testNotices } from './telemetry/notify/notifying.ts';
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

/** Obeys a stop that came by signal or file, and says what came of it. */
const halter =
  (daemon: Daemon, log: Log) =>
  async (how: Stop, who: Who): Promise<void> => {
    const result = await daemon.ask({ kind: how }, who);
    if (result.kind === 'unchanged') return;
    const came = result.kind === 'failed' ? `failed: ${result.message}` : result.kind;
    log.warn(`${how} asked by ${who.by} (${who.why}): ${came}`);
  };

const run = async (wired: Wired, options: RunOptions): Promise<ExitCode> => {
  const { settings } = wired;
  const { policy, deadlines } = settings;
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
  connected.secrets = () => [...connection.secrets(), ...secretsOf(notify)];
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
  const created = await createDaemon({
    clock,
    timer,
    ledger,
    venue,
    lease,
    random,
    policy,
    pace: { cron: settings.tick, gapMs: settings.tickGapMs, heartbeatMs: HEARTBEAT_MS },
    deadlines,
    changesAtOnce: settings.changesAtOnce,
    snapshotAfterMs: settings.snapshotAfterMs,
    start: { version: VERSION, settingsHash: settings.hash },
    onReport: (report) => {
      metrics.record(report);
      tickLog(report);
      notifying?.take(report);
    },
    onFault: (err) =>
      log.error({ err }, 'a tick failed for a fault of the program; nothing is bought, looking goes on'),
    onProblem: (what, message) => warn(`${what}: ${message}`),
    ...(recorder === null ? {} : { seen: recorder }),
  });
  if (!created.ok) throw new LedgerError('E_LEDGER_OPEN', created.message);
  const { daemon } = created;
  const venueText = settings.venue.kind === 'market' ? 'the embedded market' : settings.venue.baseUrl;
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
    health: daemon.health,
    metrics: metrics.scrape,
  });
  open.defer(() => http.close());
  daemon.start();
  const serviceManager = tellServiceManager({ environment: process.env, health: daemon.health, warn });
  const halt = halter(daemon, log);
  told.onHalt((how, by) => void halt(how, { by: `signal ${by}`, why: 'told by a signal' }));
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
  log.info(stopText(await daemon.stop({ withdraw: settings.onStop === 'withdraw_waiting' })));
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

const rehearsal = async (wired: Wired): Promise<TickReport> => {
  const { settings, policy } = wired;
  const connection = await connectBeside(settings);
  try {
    return await rehearse({
      clock: connection.clock,
      venue: connection.venue,
      random,
      policy: { ...policy, mode: 'live' },
      deadlines: settings.deadlines,
      changesAtOnce: 1,
      copy: async () => copyOf(storeOf(settings)),
      timer,
      quoteWaitMs: QUOTE_WAIT_MS,
    });
  } finally {
    await connection.close();
  }
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
    quoteWaitMs: 0,
  });
};

const STOP_WAIT_MS = 30_000;

const stop: Shop<Wired>['stop'] = async ({ settings }, how, why) => {
  const path = storeOf(settings);
  if (how === 'resume') refuseResume(path);
  const lease = leaseIfFree({ path, nowMs: Date.now() });
  const ledger = openLedger({ path });
  try {
    const by = process.env['USER'] ?? 'unknown';
    const deps = {
      clock: realClock,
      ledger,
      sleep: (realMs: number) => timer.sleep(realMs),
      by,
      why,
      fastClock: settings.clockSpeed !== 1,
      alone: lease !== null,
      waitMs: STOP_WAIT_MS,
    };
    const result = await request(deps, { kind: how });
    if (how === 'stop' && result.kind === 'acknowledged') return await untilGone(path, result);
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
  askDaemon: ({ settings }) => askReport(settings.listen),
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
  stop,
};

// A reader that has seen enough (`| head`) closes the pipe: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

process.exitCode = await runProgram(shop, process.argv.slice(2));
