import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../../src/settings/document.ts';
import { readLeniently } from '../../src/settings/lenient.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { NOW, accepted, brief, refusals, settingsText } from './given.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bidkeeper-settings-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const HEADER = 'timestamp_unix,price_usd_per_node_hour,available_nodes';
const marketWith = (ask: string): string =>
  settingsText(`venue: { kind: market, market: { zones: [{ name: z, ask: ${ask} }] } }`);
const askOf = (ask: string) => {
  const { venue } = accepted(marketWith(ask), {}, directory);
  return venue.kind === 'market' ? venue.market.zones[0]?.ask : null;
};
const csvProblem = (body: string | Buffer): string => {
  writeFileSync(join(directory, 'h.csv'), body);
  const result = loadSettings({ text: marketWith('{ csv: ./h.csv }'), directory }, {}, NOW);
  const [problem] = result.ok ? [] : result.problems;
  return problem === undefined
    ? 'accepted'
    : `${problem.code} ${problem.line} ${problem.reason.replace(directory, '.')}`;
};

describe('the settings file', () => {
  test('that is missing, a directory or too large is refused by name', () => {
    const missing = loadSettings(join(directory, 'nowhere.yaml'));
    expect(missing).toMatchObject({
      ok: false,
      problems: [{ code: 'E_SETTINGS_FILE', reason: expect.stringContaining('ENOENT') }],
    });
    expect(loadSettings(directory)).toMatchObject({ ok: false, problems: [{ code: 'E_SETTINGS_FILE' }] });
    writeFileSync(join(directory, 'large.yaml'), `# ${'x'.repeat(1024 * 1024)}`);
    expect(loadSettings(join(directory, 'large.yaml'))).toMatchObject({
      ok: false,
      problems: [{ code: 'E_SETTINGS_TOO_LARGE' }],
    });
  });

  test('is named in every problem as it was given', () => {
    const path = join(directory, 'wrong.yaml');
    writeFileSync(path, settingsText('mode: lve'));
    expect(loadSettings(path)).toMatchObject({ ok: false, problems: [{ file: path, line: 1, column: 7 }] });
  });

  test('is where relative paths begin', () => {
    const path = join(directory, 'fine.yaml');
    writeFileSync(
      path,
      settingsText('store: sqlite:./books/a.db\nvenue: { kind: sfcompute, token_file: secret/token }'),
    );
    const result = loadSettings(path, {}, NOW);
    expect(result).toMatchObject({
      ok: true,
      settings: {
        file: path,
        storePath: join(directory, 'books/a.db'),
        venue: { token: { kind: 'file', path: join(directory, 'secret/token') } },
      },
    });
  });

  test('is read key by key with the same result as by the schema as a whole', () => {
    const { root } = readDocument(
      settingsText('limits: { budget: { day: $9 } }', 'schedule: [{ from: "0 0 * * *", for: 1h, gpus: 8 }]'),
    );
    const findings: unknown[] = [];
    expect(readLeniently(settingsSchema, root, (finding) => findings.push(finding))).toEqual(
      settingsSchema.parse(root),
    );
    expect(findings).toEqual([]);
  });
});

describe('defaults', () => {
  test('are those of the documentation', () => {
    const settings = accepted(settingsText());
    expect(settings.policy).toMatchObject({
      mode: 'live',
      repost: 'same_name',
      namePrefix: 'bk',
      quarantineMs: 900_000,
      lookMaxAgeMs: 60_000,
      quoteFreshMs: 90_000,
      quoteUsableMs: 600_000,
      priceBand: { low: 500, high: 30_000 },
      lookGapMs: 120_000,
      clockSkewMs: 120_000,
    });
    expect(settings.policy.limits).toEqual({
      ceiling: null,
      nodes: null,
      purchasesPerHour: 120,
      raisesPerHour: 600,
      budget: {},
      timeZone: 'UTC',
    });
    expect(settings.policy.fleets[0]).toMatchObject({
      zones: 'any',
      hold: 'autoreserved',
      blockMs: 3_600_000,
      jobs: [],
      surgeNodes: 0,
      spread: 'one_zone',
      bootLimitMs: 1_200_000,
      replaceUnhealthy: false,
      extendLeadMs: 1_800_000,
    });
    expect(settings.policy.fleets[0]?.bid).toEqual({
      strategy: 'ladder',
      quotePlus: 200,
      startElse: 800,
      elseAfterMs: 120_000,
      step: 80,
      everyMs: 300_000,
      ceiling: 1600,
    });
    expect(settings).toMatchObject({
      tick: '*/30 * * * * *',
      tickGapMs: 30_000,
      clockSpeed: 1,
      changesAtOnce: 8,
      onStop: 'keep',
      listen: { host: '127.0.0.1', port: 9464 },
      listenMetrics: null,
      deadlines: { listMs: 20_000, changeMs: 60_000, tickMs: 90_000, quoteMs: 600_000 },
    });
  });

  test('for sfcompute are dry_run and never, and the token of SFC_API_TOKEN', () => {
    const { policy, venue } = accepted(settingsText('venue: { kind: sfcompute }'));
    expect([policy.mode, policy.repost]).toEqual(['dry_run', 'never']);
    expect(venue).toEqual({
      kind: 'sfcompute',
      baseUrl: 'https://api.sfcompute.com',
      loopback: false,
      allowHost: null,
      token: { kind: 'env', name: 'SFC_API_TOKEN' },
    });
  });

  test('grow with the speed of the clock, and the longest time between two looks is computed', () => {
    const fast = accepted(settingsText('tick: "*/2 * * * * *"\nclock: { speed: 120 }')).policy;
    expect([fast.lookGapMs, fast.clockSkewMs, fast.lookMaxAgeMs]).toEqual([480_000, 120_000, 600_000]);
    expect(accepted(settingsText('tick: "0 */5 * * * *"')).policy.lookGapMs).toBe(600_000);
    expect(accepted(settingsText('tick: "0,10,40 * * * * *"')).tickGapMs).toBe(30_000);
    expect(
      accepted(settingsText('look_max_age: 70s\ntick: "* * * * * *"\nclock: { speed: 60 }')).policy
        .lookMaxAgeMs,
    ).toBe(70_000);
  });

  test('of a fleet come from the root unless the fleet says otherwise', () => {
    const [fleet] = accepted(settingsText('surge_nodes: 2\nspread: free', 'spread: one_zone')).policy.fleets;
    expect(fleet).toMatchObject({ surgeNodes: 2, spread: 'one_zone' });
  });
});

describe('bids', () => {
  test('carry steps and starts that a bid can express, rounded down', () => {
    const bid = accepted(
      settingsText(
        '',
        '',
        'bid: { ceiling: $16.07/node-hour, step: 7%, start: { else: 33.33%, quote: +5%, after: 0s } }',
      ),
    ).policy.fleets[0]?.bid;
    expect(bid).toMatchObject({ ceiling: 1607, step: 112, startElse: 528, quotePlus: 500, elseAfterMs: 0 });
    const single = accepted(settingsText('', '', 'bid: { ceiling: $2.00/gpu-hour, start: $1.01/gpu-hour }'))
      .policy.fleets[0]?.bid;
    expect(single).toMatchObject({ quotePlus: null, startElse: 808, elseAfterMs: 0 });
  });
});

describe('cloud-init', () => {
  test('is read beside the settings file, and only its hash tells settings apart', () => {
    writeFileSync(join(directory, 'boot.sh'), '#!/bin/sh\necho one\n');
    const text = settingsText('', 'node: { cloud_init_file: ./boot.sh, image_id: vmi_1 }');
    const one = accepted(text, {}, directory);
    expect(Buffer.from(one.policy.fleets[0]?.node.cloudInit ?? '', 'base64').toString()).toBe(
      '#!/bin/sh\necho one\n',
    );
    expect(one.policy.fleets[0]?.node.cloudInitHash).toMatch(/^[0-9a-f]{64}$/);
    writeFileSync(join(directory, 'boot.sh'), '#!/bin/sh\necho two\n');
    expect(accepted(text, {}, directory).hash).not.toBe(one.hash);
  });

  test('that is missing, empty or larger than 64 KiB is refused', () => {
    writeFileSync(join(directory, 'empty.sh'), '');
    writeFileSync(join(directory, 'large.sh'), 'x'.repeat(64 * 1024 + 1));
    for (const file of ['nowhere.sh', 'empty.sh', 'large.sh']) {
      const result = loadSettings(
        { text: settingsText('', `node: { cloud_init_file: ${file} }`), directory },
        {},
        NOW,
      );
      expect(result).toMatchObject({
        ok: false,
        problems: [{ code: 'E_SETTINGS_CLOUD_INIT', line: 6, column: 30 }],
      });
    }
  });
});

describe('the hash', () => {
  test('is the same for the same meaning and another for any other', () => {
    const hash = (root: string): string => accepted(settingsText(root)).hash;
    expect(hash('mode: live')).toBe(hash('# words\nquarantine: 900s'));
    expect(hash('quarantine: 16m')).not.toBe(hash('quarantine: 15m'));
  });
});

describe('warnings', () => {
  test('tell what a person should know without refusing to start', () => {
    const codes = (root: string, env = {}): readonly string[] => {
      const result = loadSettings({ text: settingsText(root) }, env, NOW);
      return result.ok ? result.warnings.map(({ code }) => code) : ['refused'];
    };
    expect(codes('')).toEqual([]);
    const tokens = 'api: { read_token_env: READ, change_token_file: ./change }';
    expect(codes(`${tokens}\nlisten: 0.0.0.0:9464`)).toEqual(['E_SETTINGS_LISTEN']);
    expect(codes('venue: { kind: sfcompute }')).toEqual(['E_SETTINGS_TOKEN']);
    expect(codes('venue: { kind: sfcompute }', { SFC_API_TOKEN: 'something' })).toEqual([]);
    expect(
      codes('venue: { kind: sfcompute, base_url: "http://10.0.0.1:1", allow_host: "10.0.0.1" }', {
        SFC_API_TOKEN: 'something',
      }),
    ).toEqual(['E_SETTINGS_BASE_URL']);
  });
});

describe('the ask of a simulated zone', () => {
  test('is a path of steps, with nothing for sale in some', () => {
    expect(askOf('{ path: [{ after: 0m, ask: $1.00/gpu-hour }, { after: 90s, ask: none }] }')).toEqual({
      kind: 'path',
      points: [
        { afterMs: 0, ask: 800 },
        { afterMs: 90_000, ask: null },
      ],
    });
  });

  test('is a synthetic process whose mean lies between its bounds', () => {
    expect(
      askOf(
        '{ kind: synthetic, mean: $1.00/gpu-hour, volatility: 10%, low: $0.50/gpu-hour, high: $2.00/gpu-hour }',
      ),
    ).toEqual({ kind: 'synthetic', mean: 800, volatility: 1000, low: 400, high: 1600 });
    const outside = marketWith(
      '{ kind: synthetic, mean: $3.00/gpu-hour, low: $0.50/gpu-hour, high: $2.00/gpu-hour }',
    );
    expect(brief(outside)).toEqual([`1:${outside.indexOf('$3.00') + 1} E_SETTINGS_ASK $3.00/gpu-hour`]);
  });

  test('is a history, gzipped or not, from its first row or in its own time; prices round up and 0 nodes are nothing', () => {
    const rows = `${HEADER}\n1000,1.2345,8\n1060,2,\n1120,3.00,0\n`;
    writeFileSync(join(directory, 'a.csv'), rows);
    writeFileSync(join(directory, 'a.csv.gz'), gzipSync(rows));
    const points = [
      { afterMs: 0, ask: 124 },
      { afterMs: 60_000, ask: 200 },
      { afterMs: 120_000, ask: null },
    ];
    expect(askOf('{ csv: ./a.csv }')).toEqual({ kind: 'path', points });
    expect(askOf('{ csv: ./a.csv.gz }')).toEqual({ kind: 'path', points });
    expect(askOf('{ csv: ./a.csv, align: recorded }')).toEqual({
      kind: 'history',
      points: points.map(({ afterMs, ask }) => ({ atMs: 1_000_000 + afterMs, ask })),
    });
  });

  test('that contradicts itself is refused where it does', () => {
    const refusedAt = (ask: string, value: string): string => `1:${marketWith(ask).lastIndexOf(value) + 1}`;
    const late = '{ path: [{ after: 1m, ask: none }] }';
    expect(brief(marketWith(late))).toEqual([`${refusedAt(late, '1m')} E_SETTINGS_ASK 1m`]);
    const twice = '{ path: [{ after: 0s, ask: none }, { after: 0s, ask: none }] }';
    expect(brief(marketWith(twice))).toEqual([`${refusedAt(twice, '0s')} E_SETTINGS_ASK 0s`]);
    const empty = '{ path: [] }';
    expect(brief(marketWith(empty))).toEqual([`${refusedAt(empty, '[]')} E_SETTINGS_VALUE –`]);
    expect(brief(marketWith('synthetic'))).toEqual([
      `${refusedAt('synthetic', 'synthetic')} E_SETTINGS_TYPE synthetic`,
    ]);
  });

  test('from a corrupt, unsorted or empty file is refused with the line', () => {
    expect(csvProblem(`${HEADER}\n1,1.00,\n2,abc,\n`)).toBe(
      'E_SETTINGS_ASK 1 ./h.csv:3 "abc" is no price in dollars per node-hour',
    );
    expect(csvProblem(`${HEADER}\n5,1.00,\n5,1.00,\n`)).toBe(
      'E_SETTINGS_ASK 1 ./h.csv:3 is not later than the row before it',
    );
    expect(csvProblem(`${HEADER}\n`)).toBe('E_SETTINGS_ASK 1 ./h.csv holds no rows');
    expect(csvProblem('time,price\n')).toContain('./h.csv:1 should be the columns');
    expect(csvProblem(`${HEADER}\n1.5,1.00,\n`)).toContain('./h.csv:2 "1.5" is no Unix time');
    expect(csvProblem(`${HEADER}\n1,-1.00,\n`)).toContain('"-1.00" is no price');
    expect(csvProblem(`${HEADER}\n1,1.00,2,3\n`)).toContain('has 4 columns');
    expect(csvProblem(gzipSync(HEADER.repeat(100)).subarray(0, 40))).toContain('is not a whole gzip file');
    rmSync(join(directory, 'h.csv'));
    expect(refusals(marketWith('{ csv: ./h.csv }'))[0]?.reason).toContain('cannot be read (ENOENT)');
  });

  test('reads a history of a million cents exactly, and refuses a price beyond', () => {
    expect(csvProblem(`${HEADER}\n1,0.0652,\n2,10000.00,\n3,10000.001,\n`)).toBe(
      'E_SETTINGS_ASK 1 ./h.csv:4 the price is above $10000.00/node-hour',
    );
    writeFileSync(join(directory, 'h.csv'), `${HEADER}\n1,0.0652,\n2,10000,\n`);
    expect(askOf('{ csv: ./h.csv, align: recorded }')).toEqual({
      kind: 'history',
      points: [
        { atMs: 1000, ask: 7 },
        { atMs: 2000, ask: 1_000_000 },
      ],
    });
  });

  test('in a market whose zones share a name, or whose horizon is neither 0 nor an hour, is refused', () => {
    const zone = '{ name: z, ask: { path: [{ after: 0s, ask: none }] } }';
    expect(
      brief(settingsText(`venue: { kind: market, market: { horizon: 30m, zones: [${zone}, ${zone}] } }`)).map(
        (line) => line.split(' ')[1],
      ),
    ).toEqual(['E_SETTINGS_VALUE', 'E_SETTINGS_VALUE']);
  });
});
