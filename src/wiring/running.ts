// The two verbs that stay until they are told to stop: `run`, which is the daemon with all its adapters, and `market`.
// What `run` opens it closes in the reverse order, however it ends.
import { basename } from 'node:path';
import { CliError } from '../cli/errors.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import { startText, stopText } from '../cli/run-text.ts';
import type { MarketOptions, RunOptions } from '../cli/shop.ts';
import { stopFilesOf, watchStopFiles } from '../cli/stop-files.ts';
import { listenForStop } from '../cli/stop-signals.ts';
import { watchSettings } from '../cli/watch-settings.ts';
import { type Daemon, createDaemon } from '../daemon/daemon.ts';
import type { Stop, Who } from '../daemon/requests.ts';
import { keepHeapSmall } from '../daemon/small-heap.ts';
import { startHttp } from '../http/server.ts';
import { LedgerError } from '../ledger/errors.ts';
import { acquireLease } from '../ledger/lease.ts';
import { openLedger } from '../ledger/sqlite-ledger.ts';
import { serveMarket } from '../market/serve.ts';
import { createRecorder } from '../recording/recorder.ts';
import { type Log, type LogFormat, type LogLevel, createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createNodeHooks } from '../telemetry/node-hooks.ts';
import { createNotifying } from '../telemetry/notify/notifying.ts';
import { tellServiceManager } from '../telemetry/service-manager.ts';
import { createTickLog } from '../telemetry/ticklog.ts';
import { adminOf, apiTokens } from './admin.ts';
import { connect, embedded } from './connections.ts';
import { RELEASE, VERSION, random, timer } from './machine.ts';
import { noticesFile, notifyAddresses, secretsOf, senderOf } from './notices.ts';
import { rememberedAsks } from './rehearsals.ts';
import { reloadable, reloading } from './reloading.ts';
import { type Wired, storeOf } from './wired.ts';

const STOP_FILES_EVERY_MS = 1000;

const logOf = (options: RunOptions, secrets: () => readonly string[]): Log =>
  createLog({
    secrets,
    ...(options.log === undefined ? {} : { format: options.log satisfies LogFormat }),
    ...(options.logLevel === undefined ? {} : { level: options.logLevel as LogLevel }),
  });

/** Obeys a stop that came by signal or file, and says what came of it. */
const halter =
  (daemon: Daemon, log: Log) =>
  async (how: Stop, who: Who): Promise<void> => {
    const result = await daemon.ask({ kind: how }, who);
    if (result.kind === 'unchanged') return;
    const came = result.kind === 'failed' ? `failed: ${result.message}` : result.kind;
    log.warn(`${how} asked by ${who.by} (${who.why}): ${came}`);
  };

/** A file that says stop outlives the process, so that a supervisor cannot undo it. */
const refuseStopFile = (path: string): void => {
  const file = stopFilesOf(path).find((one) => one.how === 'stop');
  if (file !== undefined) throw new CliError('E_STOP_FILE', `${file.path} says stop: ${file.why}`);
};

export const run = async (wired: Wired, options: RunOptions): Promise<ExitCode> => {
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

export const market = async (wired: Wired, options: MarketOptions): Promise<ExitCode> => {
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
