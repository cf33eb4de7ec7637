// Loads settings: reads the file, then YAML, then every key, then what keys mean together, and reports every problem it
// finds at once in the order of the file. Only settings without a single problem are handed out, frozen.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GPUS_PER_NODE } from '../domain/money.ts';
import { formatDuration, type UnixMs } from '../domain/time.ts';
import { buildMarket } from './build-market.ts';
import { type CloudInit, buildSettings } from './build.ts';
import type { CheckContext } from './check-fleet.ts';
import { isClearWebhook } from './check-notify.ts';
import { checkSettings } from './check-process.ts';
import { type DocumentFault, type SettingsDocument, readDocument } from './document.ts';
import type { SettingsProblem } from './errors.ts';
import { type Draft, type Finding, readLeniently } from './lenient.ts';
import { DEFAULT_TOKEN_VARIABLE, isLoopback, judgeUrl } from './resolve.ts';
import { type Written, settingsSchema } from './schema.ts';
import { REDACTED, type SecretFindings, findSecrets, redact } from './secrets.ts';
import type { Settings, TokenPlace } from './settings.ts';

export type SettingsResult =
  /** `warnings` are problems a person should know of that do not forbid to start. */
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly SettingsProblem[] }
  /** At least one problem, in the order of the file. */
  | { readonly ok: false; readonly problems: readonly SettingsProblem[] };

export type SettingsSource =
  | { readonly path: string }
  | { readonly text: string; readonly directory?: string };
export type Environment = Readonly<Record<string, string | undefined>>;

const LARGEST_FILE = 1024 * 1024;
const LARGEST_CLOUD_INIT = 64 * 1024;

const wholeFile = (
  file: string,
  code: SettingsProblem['code'],
  reason: string,
  remedy: string,
): SettingsResult => ({
  ok: false,
  problems: [{ code, file, line: 1, column: 1, path: '', value: null, reason, remedy }],
});

const errnoOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

/** Loads from a file, or from text for tests and tools. `nowMs` is where the search for overlapping windows begins. */
export const loadSettings = (
  source: SettingsSource | string,
  env: Environment = {},
  nowMs: number = Date.now(),
): SettingsResult => {
  const from = typeof source === 'string' ? { path: source } : source;
  if ('text' in from)
    return loadText({
      text: from.text,
      name: '<text>',
      file: null,
      directory: resolve(from.directory ?? '.'),
      env,
      nowMs,
    });
  const file = resolve(from.path);
  try {
    if (statSync(file).size > LARGEST_FILE)
      return wholeFile(
        from.path,
        'E_SETTINGS_TOO_LARGE',
        'the file is larger than 1 MiB',
        'Check that the path names a settings file',
      );
    return loadText({
      text: readFileSync(file, 'utf8'),
      name: from.path,
      file,
      directory: dirname(file),
      env,
      nowMs,
    });
  } catch (error) {
    return wholeFile(
      from.path,
      'E_SETTINGS_FILE',
      `the file cannot be read (${errnoOf(error)})`,
      'Give the path of a readable settings file with --config; config/bidkeeper.yaml is one to start from',
    );
  }
};

interface TextInput {
  readonly text: string;
  readonly name: string;
  readonly file: string | null;
  readonly directory: string;
  readonly env: Environment;
  readonly nowMs: number;
}

const loadText = (input: TextInput): SettingsResult => {
  const document = readDocument(input.text);
  const known = knownSecrets(document, input.env);
  const secrets = findSecrets(input.text, document, known);
  const faults: DocumentFault[] = [...document.faults, ...secrets.faults];
  if (document.root === undefined || document.root === null) {
    if (faults.length === 0) {
      return wholeFile(
        input.name,
        'E_SETTINGS_EMPTY',
        'the settings hold no key at all',
        'Start from config/bidkeeper.yaml',
      );
    }
    return { ok: false, problems: problemsOf(input, faults, secrets) };
  }
  const findings: Finding[] = [];
  const report = (finding: Finding): void => void findings.push(finding);
  const draft = readLeniently(settingsSchema, document.root, report);
  if (draft === undefined)
    return { ok: false, problems: problemsOf(input, [...faults, ...placed(findings, document)], secrets) };
  const context: CheckContext = { draft, has: document.has, report, nowMs: input.nowMs };
  checkSettings(context);
  const market =
    draft.venue?.kind === 'market' && (draft.venue.market !== undefined || !document.has('venue.market'))
      ? buildMarket(draft.venue.market, 'venue.market', { directory: input.directory, report })
      : null;
  const cloudInit = (draft.fleets ?? []).map((fleet, index) =>
    readCloudInit(fleet?.node?.cloud_init_file, index, input.directory, report),
  );
  if (faults.length > 0 || findings.length > 0) {
    return { ok: false, problems: problemsOf(input, [...faults, ...placed(findings, document)], secrets) };
  }
  // Without a single finding the draft is complete: lenient.test holds it against the schema's own result.
  const written = draft as Written;
  const settings = buildSettings({
    written,
    file: input.file,
    directory: input.directory,
    cloudInit,
    market,
  });
  return {
    ok: true,
    settings,
    warnings: problemsOf(
      input,
      placed(warningsOf(draft, settings, input.env, input.nowMs), document),
      secrets,
    ),
  };
};

/** Values of the environment that must not appear in the file. */
const knownSecrets = (document: SettingsDocument, env: Environment): readonly string[] => {
  const names = new Set([
    DEFAULT_TOKEN_VARIABLE,
    'SFC_NODES_BEARER_TOKEN',
    'SF_BEARER_TOKEN',
    'SF_API_KEY',
    document.written('venue.token_env') ?? '',
    document.written('notify.webhook.secret_env') ?? '',
    document.written('notify.slack.url_env') ?? '',
    document.written('api.read_token_env') ?? '',
    document.written('api.change_token_env') ?? '',
  ]);
  return [...names].flatMap((name) => {
    const secret = env[name]?.trim();
    return secret === undefined || secret === '' ? [] : [secret];
  });
};

const readCloudInit = (
  name: string | undefined,
  fleet: number,
  directory: string,
  report: (finding: Finding) => void,
): CloudInit | null => {
  if (name === undefined) return null;
  const path = resolve(directory, name);
  const refuse = (reason: string): null => {
    report({
      code: 'E_SETTINGS_CLOUD_INIT',
      path: `fleets[${fleet}].node.cloud_init_file`,
      at: 'value',
      reason,
      remedy: 'Name a readable file of at most 64 KiB, relative to the settings file',
    });
    return null;
  };
  try {
    const size = statSync(path).size;
    if (size > LARGEST_CLOUD_INIT) return refuse(`${path} has ${size} bytes, more than 64 KiB`);
    const body = readFileSync(path);
    if (body.length === 0) return refuse(`${path} is empty`);
    return { base64: body.toString('base64'), sha256: createHash('sha256').update(body).digest('hex') };
  } catch (error) {
    return refuse(`${path} cannot be read (${errnoOf(error)})`);
  }
};

/**
 * Jobs that could not be done in time if all their nodes ran from now on. No refusal: one that began long ago may be nearly
 * done, which the ledger knows and `status` says.
 */
const jobWarnings = ({ policy, clockSpeed }: Settings, nowMs: UnixMs): readonly Finding[] =>
  policy.fleets.flatMap(({ jobs }, fleet) =>
    jobs.flatMap(({ needMs, nodes, byMs, name }, index): Finding[] => {
      const aheadMs = byMs - nowMs;
      // On a clock that runs fast the market's now is not ours.
      if (clockSpeed !== 1 || aheadMs <= 0 || needMs / nodes <= aheadMs) return [];
      const least = Math.ceil(needMs / aheadMs) * GPUS_PER_NODE;
      return [
        {
          code: 'E_SETTINGS_JOB',
          path: `fleets[${fleet}].jobs[${index}].by`,
          at: 'value',
          reason: `even with all its nodes from now on ${name} needs ${formatDuration(needMs / nodes)}, and ${formatDuration(aheadMs)} are left`,
          remedy: `Unless it has begun, write gpus: ${least} or more, a later deadline or less need`,
        },
      ];
    }),
  );

const warningsOf = (
  draft: Draft<Written>,
  settings: Settings,
  env: Environment,
  nowMs: UnixMs,
): readonly Finding[] => {
  const warnings: Finding[] = [];
  const { venue, listen } = settings;
  if (!isLoopback(listen.host)) {
    warnings.push({
      code: 'E_SETTINGS_LISTEN',
      path: 'listen',
      at: 'value',
      reason: 'tokens of the API travel in clear to this address',
      remedy:
        'Put TLS in front, or listen on 127.0.0.1 and give /metrics alone to the network with listen_metrics',
    });
  }
  warnings.push(...notifyWarnings(settings, env));
  warnings.push(...jobWarnings(settings, nowMs));
  if (venue.kind !== 'sfcompute') return warnings;
  const verdict = judgeUrl(venue.baseUrl, draft.venue?.allow_host);
  if (verdict.ok && verdict.clear) {
    warnings.push({
      code: 'E_SETTINGS_BASE_URL',
      path: 'venue.base_url',
      at: 'value',
      reason: 'the token travels in clear',
      remedy: 'Use https',
    });
  }
  if (venue.token.kind === 'env' && (env[venue.token.name] ?? '').trim() === '') {
    warnings.push({
      code: 'E_SETTINGS_TOKEN',
      path: 'venue.token_env',
      at: 'value',
      reason: `the environment variable ${venue.token.name} is not set`,
      remedy: 'Set it before `run`',
    });
  }
  return warnings;
};

const notifyWarnings = ({ notify }: Settings, env: Environment): readonly Finding[] => {
  const at = { code: 'E_SETTINGS_NOTIFY', at: 'value' } as const;
  const unset = (path: string, place: TokenPlace | undefined): readonly Finding[] => {
    if (place?.kind !== 'env' || (env[place.name] ?? '').trim() !== '') return [];
    const reason = `the environment variable ${place.name} is not set`;
    return [{ ...at, path, reason, remedy: 'Set it before `run`' }];
  };
  const clear = notify?.webhook != null && isClearWebhook(notify.webhook.url);
  const reason = 'notices travel in clear';
  return [
    ...unset('notify.webhook.secret_env', notify?.webhook?.secret),
    ...unset('notify.slack.url_env', notify?.slack?.url),
    ...(clear ? [{ ...at, path: 'notify.webhook.url', reason, remedy: 'Use https' }] : []),
  ];
};

const placed = (findings: readonly Finding[], document: SettingsDocument): readonly DocumentFault[] =>
  findings.map(({ code, path, at, reason, remedy }) => ({
    ...(at === 'key' ? document.keyPlace(path) : document.valuePlace(path)),
    code,
    path,
    value: at === 'key' ? keyText(code, path) : document.written(path),
    reason,
    remedy,
  }));

/** The offending text of a problem with a key: the key itself where it is the key that is wrong. */
const keyText = (code: SettingsProblem['code'], path: string): string | null =>
  code === 'E_SETTINGS_UNKNOWN_KEY' || code === 'E_SETTINGS_VENUE' ? path.replace(/^.*\./, '') : null;

/** In the order of the file; secrets are cut out, and a key that holds one is not reported a second time. */
const problemsOf = (
  input: TextInput,
  faults: readonly DocumentFault[],
  secrets: SecretFindings,
): readonly SettingsProblem[] => {
  const secretLines = new Set(secrets.faults.map(({ line }) => line));
  return faults
    .filter(
      ({ code, line }) =>
        code === 'E_SETTINGS_SECRET' || !secretLines.has(line) || code === 'E_SETTINGS_YAML',
    )
    .map((fault) => ({
      code: fault.code,
      file: input.name,
      line: fault.line,
      column: fault.column,
      path: redact(fault.path, secrets.secrets),
      value:
        fault.value === null || fault.value === REDACTED ? fault.value : redact(fault.value, secrets.secrets),
      reason: redact(fault.reason, secrets.secrets),
      remedy: redact(fault.remedy, secrets.secrets),
    }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
};
