// The verbs that change something: the stops, a target for a while, an acknowledgement, handing nodes over and taking them
// away, a reload. Each is an entry in the ledger with who and why; a running daemon is asked by its admin API.
import type { Command } from 'commander';
import type { StopResult } from '../daemon/ask-beside.ts';
import type { Request } from '../daemon/requests.ts';
import { formatCents } from '../domain/money.ts';
import { formatInstant, type UnixMs } from '../domain/time.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { CliError } from './errors.ts';
import { parseInstant } from './instant.ts';
import type { LoadedSettings, Shop } from './shop.ts';
import { settingsOf, type VerbOptions } from './verbs.ts';

interface Asked extends VerbOptions {
  readonly why: string;
}

const WHY = ['--why <text>', 'the reason, for the ledger', 'asked for on the command line'] as const;

/** `reading` makes a verb that takes --config and --json; `done` takes its exit code. */
export const addRequestVerbs = <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  reading: (name: string, description: string) => Command,
  done: (exit: ExitCode) => void,
): void => {
  const verb = (name: string, description: string): Command => reading(name, description).option(...WHY);
  const halt = (name: 'pause' | 'drain' | 'stop' | 'resume', description: string): void => {
    verb(name, description).action(async (options: Asked) =>
      done(await ask(shop, options, async () => ({ kind: name }))),
    );
  };
  halt('pause', 'stop everything that adds spend and withdraw waiting bids; held nodes go on');
  halt('drain', 'pause, and also let nodes go as their paid time ends');
  halt('stop', 'tell the daemon to leave everything as it is and to exit');
  halt('resume', 'end a pause or a drain and reset the breaker');
  verb('target', 'want another number of GPUs of a fleet than its schedule, for a while')
    .argument('<fleet>', 'name of the fleet')
    .argument('[gpus]', 'GPUs wanted, a multiple of 8')
    .option('--until <time>', 'when the schedule says the target again: 2026-11-23T20:00Z')
    .option('--for <span>', 'or how long: 90m, 36h, 7d')
    .option('--end', 'let the schedule say the target again now', false)
    .action(async (fleet: string, gpus: string | undefined, options: Asked & TargetOptions) =>
      done(await ask(shop, options, (settings) => targetOf(shop, settings, fleet, gpus, options))),
    );
  verb('acknowledge', 'say that a purchase whose answer was lost was never made, after looking at the venue')
    .argument('<node>', 'its name, as the alarm shows it')
    .action(async (node: string, options: Asked) =>
      done(await ask(shop, options, async () => ({ kind: 'acknowledge', node }))),
    );
  verb('adopt', 'observe a node that the ledger does not own, and hand it over with --yes')
    .argument('<node>', 'its name or its id at the venue')
    .requiredOption('--fleet <name>', 'the fleet it becomes a node of')
    .option('--yes', 'hand it over; without it nothing is changed', false)
    .action(async (node: string, options: Asked & AdoptOptions) => done(await adopt(shop, node, options)));
  verb(
    'disown',
    'take a node out of the ledger, or say of a stranger that it is not ours; it is left running',
  )
    .argument('<node>', 'its name or its id at the venue')
    .action(async (node: string, options: Asked) =>
      done(await ask(shop, options, async () => ({ kind: 'disown', node }))),
    );
  verb('reload', 'have the running daemon load its settings anew: all of it is taken over, or nothing')
    .option('--dry-run', 'only show what would change', false)
    .option('--acknowledge', 'steep rises and abandoned fleets are meant', false)
    .action(async (options: Asked & ReloadVerbOptions) => done(await reload(shop, options)));
};

interface TargetOptions {
  readonly until?: string;
  readonly for?: string;
  readonly end: boolean;
}

const targetOf = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
  fleet: string,
  gpus: string | undefined,
  options: TargetOptions,
): Promise<Request> => {
  if (options.end) return { kind: 'end_target', fleet };
  if (gpus === undefined || !/^\d{1,9}$/.test(gpus))
    throw new CliError('E_USAGE_TARGET', `${gpus ?? 'nothing'} is no number of GPUs`);
  return { kind: 'target', fleet, gpus: Number(gpus), untilMs: await endOf(shop, settings, options) };
};

const endOf = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  settings: Settings,
  options: TargetOptions,
): Promise<UnixMs> => {
  // Where the clock runs fast only the daemon knows what time it is.
  const nowMs = settings.nowMs() ?? (await shop.askDaemon(settings))?.atMs ?? Date.now();
  if (options.until !== undefined) return parseInstant('--until', options.until, nowMs);
  if (options.for === undefined) throw new CliError('E_USAGE_TARGET', 'neither --until nor --for was given');
  const startMs = parseInstant('--for', options.for, nowMs);
  if (startMs >= nowMs) throw new CliError('E_USAGE_TARGET', `--for ${options.for} is no span`);
  // A span on the command line lies in the past; here it is as long in the future.
  return nowMs + (nowMs - startMs);
};

/** Writes a request and says what came of it. */
const ask = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: Asked,
  requestOf: (settings: Settings) => Promise<Request>,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const request = await requestOf(found.settings);
  return tell(shop, options, request, await shop.ask(found.settings, request, options.why));
};

const tell = (
  shop: Pick<Shop, 'write' | 'complain'>,
  options: Asked,
  request: Request,
  result: StopResult,
): ExitCode => {
  if (result.kind === 'failed') {
    shop.complain(`E_STOP_WRITE ${request.kind} was not written: ${result.message}`);
    return EXIT.ledger;
  }
  if (result.kind === 'refused') {
    shop.complain(`${result.code} ${result.message}`);
    return EXIT.failed;
  }
  const { kind, books } = result;
  if (options.json)
    shop.write(JSON.stringify({ verb: request.kind, result: kind, paused: books.pause !== null }, null, 2));
  else shop.write(wordsFor(request, result));
  return kind === 'unconfirmed' ? EXIT.unavailable : EXIT.ok;
};

type Written = Exclude<StopResult, { kind: 'failed' | 'refused' }>;

const STOP_WORDS = {
  acknowledged: 'The daemon has stopped; every node is left as it is, and autoreserved ones go on renewing.',
  unconfirmed: 'Written, but the daemon has not ended yet: it does so after its running tick.',
  unchanged: 'No daemon runs on this ledger.',
} as const;

const wordsFor = (request: Request, result: Written): string => {
  const nothing = result.kind === 'unchanged';
  switch (request.kind) {
    case 'pause':
    case 'drain':
      return haltWords(result);
    case 'stop':
      return STOP_WORDS[result.kind];
    case 'resume':
      return nothing ? 'Nothing was paused.' : 'Resumed: buying may go on from the next tick.';
    case 'target':
      return `${request.fleet} wants ${request.gpus} GPUs until ${formatInstant(request.untilMs)}; every guard and budget stands.`;
    case 'end_target':
      return nothing ? 'The schedule said the target already.' : 'The schedule says the target again.';
    case 'acknowledge':
      return nothing
        ? 'Acknowledged before.'
        : `Once two looks do not show ${request.node}, its place and its money are free again.`;
    case 'adopt':
      return `${request.candidate.seen.name} is a node of ${request.fleet} from here on.`;
    case 'disown':
      return nothing
        ? 'It is not ours already.'
        : `${request.node} is not ours any more: it is left as it is, and it is in nobody's way.`;
  }
};

const haltWords = (result: Written): string => {
  const held = [...result.books.nodes.values()].filter(
    (node) => node.phase === 'running' && node.hold === 'autoreserved',
  );
  const cost = `for at most ${formatCents(held.reduce((sum, node) => sum + node.limit, 0))} an hour`;
  const drains = result.books.pause?.drain === true;
  const some = drains
    ? `${held.length} held nodes are let go as their paid time ends; until then they may renew ${cost}.`
    : `${held.length} held nodes go on renewing ${cost}.`;
  const goesOn = held.length === 0 ? 'No held node goes on renewing.' : some;
  if (result.kind === 'unconfirmed')
    return `Written, but the daemon has not confirmed it yet: it may still spend. ${goesOn}`;
  const word = drains ? 'Draining' : 'Paused';
  if (result.kind === 'unchanged') return `Already ${word.toLowerCase()}. ${goesOn}`;
  return `${word}: nothing that adds spend is sent, waiting bids are withdrawn. ${goesOn}`;
};

interface AdoptOptions {
  readonly fleet: string;
  readonly yes: boolean;
}

/** First only observed, with what the daemon would do; handed over when told to. */
const adopt = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  node: string,
  options: Asked & AdoptOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const { settings } = found;
  const candidate = await shop.observe(settings, node);
  if (typeof candidate === 'string') {
    shop.complain(`E_REQUEST_NODE ${candidate}`);
    return EXIT.unavailable;
  }
  const request = { kind: 'adopt', fleet: options.fleet, candidate } as const;
  const would = await shop.foresee(settings, request, options.why);
  if (typeof would === 'string') {
    shop.complain(`E_REQUEST_ADOPT ${would}`);
    return EXIT.failed;
  }
  if (options.yes) {
    for (const line of would) shop.complain(line);
    return tell(shop, options, request, await shop.ask(settings, request, options.why));
  }
  if (options.json)
    shop.write(JSON.stringify({ verb: 'adopt', result: 'observed', candidate, would }, null, 2));
  else {
    const { seen } = candidate;
    const end = seen.endAtMs === null ? '' : `, bought to ${formatInstant(seen.endAtMs)}`;
    const head = `${seen.name} (${seen.nodeId}): ${seen.statusText}, ${seen.kind}, ${seen.gpu} in ${seen.zone ?? 'an unknown zone'}${end}`;
    const rest = ['as a node of this fleet:', ...would.map((line) => `  ${line}`)];
    shop.write([head, ...rest, 'Nothing was changed; --yes hands it over.'].join('\n'));
  }
  return EXIT.ok;
};

interface ReloadVerbOptions {
  readonly dryRun: boolean;
  readonly acknowledge: boolean;
}

const reload = async <Settings extends LoadedSettings>(
  shop: Shop<Settings>,
  options: Asked & ReloadVerbOptions,
): Promise<ExitCode> => {
  const found = settingsOf(shop, options.config);
  if ('exit' in found) return found.exit;
  const wish = { acknowledged: options.acknowledge, dryRun: options.dryRun };
  const answer = await shop.reload(found.settings, wish, options.why);
  if (answer === null) {
    shop.complain(
      'No daemon answers; a daemon takes changed settings at its start. SIGHUP asks one as well.',
    );
    return EXIT.unavailable;
  }
  if (answer.kind === 'refused') {
    for (const problem of answer.problems) shop.complain(`${answer.code} ${problem}`);
    return EXIT.settings;
  }
  if (options.json) shop.write(JSON.stringify(answer, null, 2));
  else {
    const head = {
      unchanged: 'The settings in force are those of the file.',
      shown: 'A reload would change:',
      reloaded: 'In force from the next tick:',
    }[answer.kind];
    shop.write([head, ...('changes' in answer ? answer.changes.map((line) => `  ${line}`) : [])].join('\n'));
  }
  return EXIT.ok;
};
