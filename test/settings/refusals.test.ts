// Every refusal at its exact place. Settings text lines: the root lines first, then `fleets:` and one fleet.
import { describe, expect, test } from 'vitest';
import { SETTINGS_ERRORS, formatProblem } from '../../src/settings/errors.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { accepted, brief, NOW, refusals, settingsText } from './given.ts';

const remedyOf = (text: string): string => refusals(text)[0]?.remedy ?? 'accepted';
const LIVE = 'mode: live\nvenue: { kind: sfcompute }';

describe('keys', () => {
  test('an unknown or misspelt key is refused with the nearest right one', () => {
    expect(brief(settingsText('tik: "* * * * * *"'))).toEqual(['1:1 E_SETTINGS_UNKNOWN_KEY tik']);
    expect(remedyOf(settingsText('tik: "* * * * * *"'))).toBe('Did you mean tick?');
    expect(brief(settingsText('', 'budget: { dayly: $5 }'))).toEqual([
      '6:5 E_SETTINGS_BUDGET –',
      '6:15 E_SETTINGS_UNKNOWN_KEY dayly',
    ]);
    expect(remedyOf(settingsText('', '', 'bid: { cieling: $2.00/gpu-hour, ceiling: $2.00/gpu-hour }'))).toBe(
      'Did you mean ceiling?',
    );
    expect(remedyOf(settingsText('zzzzzz: 1'))).toContain('the keys here are mode, tick');
  });

  test('a key that stands twice is refused at its second place', () => {
    expect(brief(settingsText('mode: live\nmode: dry_run'))).toEqual(['2:1 E_SETTINGS_DUPLICATE_KEY mode']);
    expect(brief(settingsText('', 'gpus: 8'))).toEqual(['6:5 E_SETTINGS_DUPLICATE_KEY gpus']);
  });

  test('a missing key is named where it belongs', () => {
    expect(brief('fleets:\n  - name: train\n    gpu: h100\n    gpus: 8\n')).toEqual([
      '2:5 E_SETTINGS_MISSING –',
    ]);
    expect(refusals('mode: live\n')[0]).toMatchObject({ code: 'E_SETTINGS_MISSING', path: 'fleets' });
    expect(brief(settingsText('', '', 'bid: {}'))).toEqual(['5:5 E_SETTINGS_MISSING –']);
  });

  test('a key without a value, or with a value of another sort, is refused', () => {
    expect(brief(settingsText('limits:'))).toEqual(['1:1 E_SETTINGS_TYPE –']);
    expect(brief(settingsText('limits: [1]'))).toEqual(['1:9 E_SETTINGS_TYPE –']);
    expect(brief(settingsText('replace_unhealthy: yes'))).toEqual(['1:20 E_SETTINGS_TYPE yes']);
    expect(brief(settingsText('', 'zones: 8'))).toEqual(['6:12 E_SETTINGS_TYPE 8']);
    expect(brief('fleets: []\n')).toEqual(['1:9 E_SETTINGS_VALUE –']);
    expect(brief('- just a list\n')).toEqual(['1:1 E_SETTINGS_TYPE –']);
  });

  test('a word that is not among those allowed is refused with the list', () => {
    expect(brief(settingsText('mode: lve'))).toEqual(['1:7 E_SETTINGS_VALUE lve']);
    expect(remedyOf(settingsText('mode: lve'))).toBe('Write one of: live, dry_run');
  });
});

describe('numbers and money', () => {
  test.each([
    ['bid: { ceiling: 2.00 }', '5:21 E_SETTINGS_PRICE 2.00'],
    ['bid: { ceiling: $2.00 }', '5:21 E_SETTINGS_PRICE $2.00'],
    ['bid: { ceiling: -$2.00/gpu-hour }', '5:21 E_SETTINGS_PRICE -$2.00/gpu-hour'],
    ['bid: { ceiling: $0.0001/node-hour }', '5:21 E_SETTINGS_PRICE $0.0001/node-hour'],
    ['bid: { ceiling: $0/gpu-hour }', '5:21 E_SETTINGS_PRICE $0/gpu-hour'],
    ['bid: { ceiling: .nan }', '5:21 E_SETTINGS_VALUE .nan'],
    [
      'bid: { ceiling: $0.05/node-hour, start: $0.05/node-hour, step: $0.08/node-hour }',
      '5:21 E_SETTINGS_CEILING $0.05/node-hour',
    ],
  ])('%s', (bid, expected) => {
    expect(brief(settingsText('', '', bid))).toContain(expected);
  });

  test.each([
    ['limits: { nodes: -1 }', 'E_SETTINGS_VALUE'],
    ['limits: { nodes: 1e3 }', 'E_SETTINGS_VALUE'],
    ['limits: { nodes: 0x10 }', 'E_SETTINGS_VALUE'],
    ['limits: { nodes: .inf }', 'E_SETTINGS_VALUE'],
    ['limits: { nodes: 8.5 }', 'E_SETTINGS_VALUE'],
    ['limits: { nodes: 9007199254740993 }', 'E_SETTINGS_VALUE'],
    ['limits: { nodes: "64" }', 'E_SETTINGS_TYPE'],
    ['limits: { budget: { day: $0 } }', 'E_SETTINGS_BUDGET'],
    ['limits: { budget: { day: 500 } }', 'E_SETTINGS_MONEY'],
    ['limits: { budget: { day: $99999999999999999 } }', 'E_SETTINGS_MONEY'],
    ['limits: { budget: {} }', 'E_SETTINGS_BUDGET'],
    ['limits: { budget: none }', 'E_SETTINGS_TYPE'],
    ['quarantine: 15', 'E_SETTINGS_DURATION'],
    ['quarantine: 1s', 'E_SETTINGS_DURATION'],
    ['price_band: { low: 0.05 }', 'E_SETTINGS_SHARE'],
    ['price_band: { high: 90% }', 'E_SETTINGS_SHARE'],
    ['clock: { speed: 0 }', 'E_SETTINGS_VALUE'],
    ['clock: { speed: 99999 }', 'E_SETTINGS_VALUE'],
  ])('%s is refused', (root, code) => {
    expect(refusals(settingsText(root)).map((problem) => problem.code)).toContain(code);
  });

  test('GPUs that are no whole node are refused', () => {
    expect(
      brief('fleets:\n  - { name: a, gpu: h100, gpus: 12, bid: { ceiling: $2.00/gpu-hour } }\n'),
    ).toEqual(['2:33 E_SETTINGS_GPUS 12']);
  });
});

describe('bids', () => {
  test('a ceiling above the hard cap is refused in both units', () => {
    const [problem] = refusals(settingsText('limits: { ceiling: $1.50/gpu-hour }'));
    expect(problem).toMatchObject({
      code: 'E_SETTINGS_CEILING',
      line: 6,
      column: 21,
      value: '$2.00/gpu-hour',
    });
    expect(problem?.reason).toContain('$16.00/node-hour ($2.00/gpu-hour) is above the hard cap');
  });

  test('a step under 8 cents per node-hour is refused, written as a price or as a share', () => {
    expect(brief(settingsText('', '', 'bid: { ceiling: $2.00/gpu-hour, step: $0.07/node-hour }'))).toEqual([
      '5:43 E_SETTINGS_STEP $0.07/node-hour',
    ]);
    expect(brief(settingsText('', '', 'bid: { ceiling: $2.00/gpu-hour, step: 0.4% }'))).toEqual([
      '5:43 E_SETTINGS_STEP 0.4%',
    ]);
    expect(brief(settingsText('', '', 'bid: { ceiling: $0.10/gpu-hour }'))).toEqual([
      '5:21 E_SETTINGS_STEP $0.10/gpu-hour',
    ]);
  });

  test('a start above the ceiling is refused, written as a price or as a share', () => {
    expect(brief(settingsText('', '', 'bid: { ceiling: $2.00/gpu-hour, start: $2.01/gpu-hour }'))).toEqual([
      '5:44 E_SETTINGS_START $2.01/gpu-hour',
    ]);
    expect(brief(settingsText('', '', 'bid: { ceiling: $2.00/gpu-hour, start: { else: 101% } }'))).toEqual([
      '5:52 E_SETTINGS_START 101%',
    ]);
    expect(brief(settingsText('', '', 'bid: { ceiling: $2.00/gpu-hour, start: { quote: 2% } }'))).toEqual([
      '5:53 E_SETTINGS_SHARE 2%',
    ]);
  });
});

describe('the schedule', () => {
  test('an impossible cron text or zone is refused with the nearest right zone', () => {
    expect(brief(settingsText('', 'schedule: [{ from: "0 0 30 2 *", for: 1h, gpus: 8 }]'))).toEqual([
      '6:24 E_SETTINGS_CRON 0 0 30 2 *',
    ]);
    expect(brief(settingsText('', 'timezone: America/Los_Angeles2'))).toEqual([
      '6:15 E_SETTINGS_TIMEZONE America/Los_Angeles2',
    ]);
    expect(remedyOf(settingsText('', 'timezone: europe/berlinn'))).toBe('Did you mean Europe/Berlin?');
    expect(brief(settingsText('', 'timezone: "+02:00"'))).toEqual(['6:15 E_SETTINGS_TIMEZONE +02:00']);
  });

  test('overlapping windows are refused at the second one with the time both claim', () => {
    const windows =
      'schedule: [{ from: "0 20 * * *", for: 12h, gpus: 8 }, { from: "0 7 * * *", for: 2h, gpus: 16 }]';
    const [problem] = refusals(settingsText('', windows));
    expect(problem).toMatchObject({
      code: 'E_SETTINGS_OVERLAP',
      line: 6,
      column: 85,
      path: 'fleets[0].schedule[1].for',
    });
    expect(problem?.reason).toContain('2026-11-24T07:00:00Z to 2026-11-24T08:00:00Z');
  });
});

describe('secrets', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvcHMifQ.c2lnbmF0dXJl';
  test.each([
    ['venue: { kind: sfcompute, token: abc123secret }', '1:34'],
    ['venue: { kind: sfcompute, api_key: abc123secret }', '1:36'],
    [`venue: { kind: sfcompute, token_env: "${jwt}" }`, '1:38'],
    [`# my token is ${jwt}`, '1:15'],
    [`name_prefix: "Bearer abcdefgh12345678"`, '1:15'],
    ['venue: { kind: sfcompute, base_url: "https://ops:hunter2secret@api.sfcompute.com" }', '1:46'],
    ['venue: { kind: sfcompute, token_file: in-the-environment-too }', '1:39'],
  ])('%s is refused and never repeated', (root, place) => {
    const problems = refusals(settingsText(root), { SFC_API_TOKEN: 'in-the-environment-too' });
    expect(problems.map(({ code, line, column }) => `${line}:${column} ${code}`)).toContain(
      `${place} E_SETTINGS_SECRET`,
    );
    const said = problems.map(formatProblem).join('\n') + JSON.stringify(problems);
    for (const secret of [jwt, 'abc123secret', 'abcdefgh12345678', 'hunter2secret', 'in-the-environment-too'])
      expect(said).not.toContain(secret);
    expect(said).toContain('[redacted]');
  });
});

describe('the venue', () => {
  test('live on a host that is not this machine needs limits and a budget, or the words', () => {
    expect(brief(settingsText(LIVE))).toEqual(['1:1 E_SETTINGS_UNLIMITED –']);
    expect(
      brief(settingsText(`${LIVE}\nlimits: { ceiling: $3.00/gpu-hour, nodes: 8, budget: { hour: $100 } }`)),
    ).toEqual(['3:1 E_SETTINGS_UNLIMITED –']);
    expect(
      brief(settingsText(`${LIVE}\nlimits: { ceiling: $3.00/gpu-hour, nodes: 8, budget: { month: $100 } }`)),
    ).toEqual([]);
    expect(
      brief(settingsText(`${LIVE}\nlimits: { ceiling: $3.00/gpu-hour, nodes: 8, budget: unlimited }`)),
    ).toEqual([]);
    expect(brief(settingsText('venue: { kind: sfcompute }'))).toEqual([]);
    expect(
      brief(settingsText('mode: live\nvenue: { kind: sfcompute, base_url: "http://127.0.0.1:8080" }')),
    ).toEqual([]);
  });

  test.each([
    ['https://evil.example.com', false],
    ['http://api.sfcompute.com', false],
    ['https://api.sfcompute.com.evil.example', false],
    ['https://api.sfcompute.com:8443', false],
    ['http://10.0.0.1:8080', false],
    ['http://127.0.0.1.nip.io', false],
    ['ftp://api.sfcompute.com', false],
    ['https://api.sfcompute.com/?x=1', false],
    ['https://api.sfcompute.com', true],
    ['https://api.sfcompute.com/', true],
    ['http://localhost:9000', true],
    ['http://[::1]:9000', true],
    ['http://127.8.8.8:9000', true],
  ])('the token is sent to %s: %s', (url, allowed) => {
    expect(brief(settingsText(`venue: { kind: sfcompute, base_url: "${url}" }`))).toHaveLength(
      allowed ? 0 : 1,
    );
  });

  test('another host is allowed by its exact name only', () => {
    const venue = (host: string): string =>
      settingsText(`venue: { kind: sfcompute, base_url: "https://proxy.example.com", allow_host: ${host} }`);
    expect(brief(venue('proxy.example.com'))).toEqual([]);
    expect(brief(venue('example.com'))).toEqual(['1:37 E_SETTINGS_BASE_URL https://proxy.example.com']);
  });

  test('a fast clock is refused against a venue whose hours are real', () => {
    expect(brief(settingsText('venue: { kind: sfcompute }\nclock: { speed: 2 }'))).toEqual([
      '2:17 E_SETTINGS_SPEED 2',
    ]);
    expect(
      brief(
        settingsText(
          'tick: "* * * * * *"\nvenue: { kind: sfcompute, base_url: "http://127.0.0.1:1" }\nclock: { speed: 60 }',
        ),
      ),
    ).toEqual([]);
  });

  test('keys of the other kind, and two places for one token, are refused', () => {
    expect(brief(settingsText('venue: { kind: market, base_url: "http://127.0.0.1" }'))).toEqual([
      '1:24 E_SETTINGS_VENUE base_url',
    ]);
    expect(brief(settingsText('venue: { kind: sfcompute, market: {} }'))).toEqual([
      '1:27 E_SETTINGS_VENUE market',
    ]);
    expect(brief(settingsText('venue: { kind: sfcompute, token_env: A_B, token_file: x }'))).toEqual([
      '1:43 E_SETTINGS_VENUE token_file',
    ]);
  });
});

describe('what keys mean together', () => {
  test('rates that the steady state would pass are refused with the number that would do', () => {
    const [raises] = refusals(settingsText('limits: { raises_per_hour: 95 }'));
    expect(raises).toMatchObject({
      code: 'E_SETTINGS_RATE',
      line: 1,
      column: 28,
      remedy: expect.stringContaining('raises_per_hour: 96'),
    });
    const [purchases] = refusals(settingsText('limits: { purchases_per_hour: 7 }', 'hold: reserved'));
    expect(purchases).toMatchObject({
      code: 'E_SETTINGS_RATE',
      remedy: expect.stringContaining('purchases_per_hour: 8'),
    });
    expect(
      refusals(settingsText('limits: { purchases_per_hour: 4 }', 'hold: reserved\n    block: 2h')),
    ).toEqual([]);
  });

  test('two fleets of one name, and malformed names, are refused', () => {
    const fleet = (name: string): string =>
      `  - { name: ${name}, gpu: h100, gpus: 8, bid: { ceiling: $2.00/gpu-hour } }\n`;
    expect(brief(`fleets:\n${fleet('a')}${fleet('a')}`)).toEqual(['3:13 E_SETTINGS_NAME a']);
    expect(brief(`fleets:\n${fleet('Train')}`)).toEqual(['2:13 E_SETTINGS_NAME Train']);
    expect(brief(settingsText('name_prefix: b-k'))).toEqual(['1:14 E_SETTINGS_NAME b-k']);
  });

  test('more nodes than the limit are refused only if they are really wanted at one time', () => {
    expect(brief(settingsText('limits: { nodes: 7 }'))).toEqual(['1:18 E_SETTINGS_NODES 7']);
    const fleet = (name: string, from: string): string =>
      `  - { name: ${name}, gpu: h100, gpus: 0, bid: { ceiling: $2.00/gpu-hour }, schedule: [{ from: "${from}", for: 10h, gpus: 64 }] }\n`;
    expect(
      brief(`limits: { nodes: 8 }\nfleets:\n${fleet('day', '0 8 * * *')}${fleet('night', '0 20 * * *')}`),
    ).toEqual([]);
    expect(
      brief(`limits: { nodes: 8 }\nfleets:\n${fleet('day', '0 8 * * *')}${fleet('late', '0 17 * * *')}`),
    ).toEqual(['1:18 E_SETTINGS_NODES 8']);
  });

  test('an extension must leave room to clear up a lost answer', () => {
    expect(brief(settingsText('extend_lead: 19m'))).toEqual(['1:14 E_SETTINGS_EXTEND_LEAD 19m']);
    expect(brief(settingsText('extend_lead: 20m'))).toEqual([]);
    expect(brief(settingsText('quarantine: 26m'))).toEqual(['1:13 E_SETTINGS_EXTEND_LEAD 26m']);
    expect(brief(settingsText('', 'hold: reserved\n    extend_lead: 90m'))).toEqual([
      '7:18 E_SETTINGS_EXTEND_LEAD 90m',
    ]);
  });

  test('blocks are whole hours of a reserved fleet', () => {
    expect(brief(settingsText('', 'hold: reserved\n    block: 90m'))).toEqual(['7:12 E_SETTINGS_BLOCK 90m']);
    expect(brief(settingsText('', 'block: 1h'))).toEqual(['6:5 E_SETTINGS_BLOCK –']);
  });

  test('only the strategy follow says what an interruption costs', () => {
    const bid = (more: string): string => settingsText('', '', `bid: { ceiling: $2.00/gpu-hour, ${more} }`);
    expect(brief(bid('interruption: 2h'))).toEqual(['5:37 E_SETTINGS_STRATEGY –']);
    expect(brief(bid('strategy: follow, interruption: 2h'))).toEqual([]);
    expect(brief(bid('strategy: follow, interruption: 2'))).toHaveLength(1);
    const policy = accepted(bid('strategy: follow')).policy.fleets[0]?.bid;
    expect(policy).toMatchObject({ strategy: 'follow', interruptionMs: 3_600_000, startElse: 800 });
  });

  test.each(['* * * * *', '* * * * * * *', '60 * * * * *', '*/30 * * * MON *', 'every 30 s'])(
    'the pace "%s" is refused',
    (tick) => {
      expect(refusals(settingsText(`tick: "${tick}"`))[0]).toMatchObject({
        code: 'E_SETTINGS_TICK',
        line: 1,
        column: 7,
      });
    },
  );

  test('a pace that could miss every look before a renewal is refused', () => {
    expect(refusals(settingsText('tick: "0 */15 * * * *"'))[0]?.code).toBe('E_SETTINGS_TICK');
    expect(refusals(settingsText('clock: { speed: 60 }'))[0]).toMatchObject({
      code: 'E_SETTINGS_TICK',
      column: 17,
    });
  });

  test.each(['127.0.0.1', ':9464', '127.0.0.1:99999', 'http://127.0.0.1:1'])(
    'the address "%s" is refused',
    (listen) => {
      expect(refusals(settingsText(`listen: "${listen}"`))[0]?.code).toBe('E_SETTINGS_LISTEN');
    },
  );

  test('a store that is no SQLite file, and one port for two listeners, are refused', () => {
    expect(brief(settingsText('store: postgres://x'))).toEqual(['1:8 E_SETTINGS_STORE postgres://x']);
    for (const api of ['', 'api: { read_token_env: READ }', 'api: { change_token_env: CHANGE }'])
      expect(refusals(settingsText(`${api}\nlisten: 0.0.0.0:1`)).map(({ code }) => code)).toEqual([
        'E_SETTINGS_LISTEN',
      ]);
    expect(
      refusals(settingsText('api: { read_token_env: READ, read_token_file: ./read }')).map(
        ({ path }) => path,
      ),
    ).toEqual(['api.read_token_env']);
    expect(brief(settingsText('listen_metrics: 0.0.0.0:9464'))).toEqual([
      '1:17 E_SETTINGS_LISTEN 0.0.0.0:9464',
    ]);
  });
});

describe('the document', () => {
  test('empty settings are refused', () => {
    for (const text of ['', '\n\n', '# only a comment\n', '---\n'])
      expect(refusals(text).map(({ code }) => code)).toEqual(['E_SETTINGS_EMPTY']);
  });

  test('a text that is not YAML is refused where it goes wrong', () => {
    expect(refusals('fleets: [\n  {name: a\n').map(({ code }) => code)).toContain('E_SETTINGS_YAML');
    expect(refusals('a: 1\n\tb: 2\n')[0]).toMatchObject({ code: 'E_SETTINGS_YAML', line: 2 });
    expect(refusals(settingsText('tick: */30 * * * * *'))[0]).toMatchObject({
      code: 'E_SETTINGS_YAML',
      line: 1,
      remedy: expect.stringContaining('in quotes'),
    });
    expect(refusals('a: 1\n---\nb: 2\n')[0]?.code).toBe('E_SETTINGS_YAML');
  });

  test('every problem is reported at once, in the order of the file', () => {
    const text = settingsText(
      'mode: lve\ntik: 1\nquarantine: 15',
      'hold: neither',
      'bid: { ceiling: 2, step: $0.07/node-hour }',
    );
    expect(refusals(text).map(({ line }) => line)).toEqual([1, 2, 3, 8, 9]);
  });

  test('a problem is told with its file, line, column, value, reason and remedy', () => {
    const [problem] = refusals(settingsText('mode: lve'));
    expect(problem === undefined ? '' : formatProblem(problem)).toBe(
      '<text>:1:7 E_SETTINGS_VALUE mode: "lve"\n    This is none of the words allowed here.\n    Write one of: live, dry_run.',
    );
  });

  test('nested, huge and hostile texts are refused without harm', () => {
    expect(refusals(`a: ${'['.repeat(100)}${']'.repeat(100)}`).map(({ code }) => code)).toContain(
      'E_SETTINGS_TOO_LARGE',
    );
    expect(
      refusals(
        `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nd: [${'*c,'.repeat(50)}]\n`,
      ).length,
    ).toBeGreaterThan(0);
    expect(refusals('__proto__: { polluted: true }\nconstructor: 1\n').map(({ code }) => code)).toContain(
      'E_SETTINGS_UNKNOWN_KEY',
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('every code says what it means and what to do', () => {
    for (const [code, { meaning, remedy }] of Object.entries(SETTINGS_ERRORS)) {
      expect(code).toMatch(/^E_SETTINGS_[A-Z_]+$/);
      expect(meaning.endsWith('.') && remedy.endsWith('.')).toBe(true);
    }
  });
});

describe('jobs', () => {
  const withJob = (job: string, more = '') => settingsText('', `${more}jobs: [{ ${job} }]`);
  const JOB = 'name: tune, need: 512 gpu-hours, by: "2026-12-18T18:00 America/Los_Angeles", gpus: 64';

  test('are read exactly: GPU-hours into node time, a local time into an instant', () => {
    expect(accepted(withJob(JOB)).policy.fleets[0]?.jobs).toEqual([
      { name: 'tune', needMs: 64 * 3_600_000, byMs: Date.parse('2026-12-19T02:00:00Z'), nodes: 8 },
    ]);
  });

  test.each([
    ['512 hours', 'need'],
    ['0 gpu-hours', 'need'],
    ['1.5 gpu-hours', 'need'],
    ['99999999999 gpu-hours', 'need'],
    ['2026-12-18 18:00 UTC', 'by'],
    ['2026-12-18T18:00', 'by'],
    ['2026-02-30T18:00 UTC', 'by'],
    ['2026-12-18T24:30 UTC', 'by'],
  ])('%s is no %s', (value, key) => {
    const text = withJob(
      JOB.replace(key === 'need' ? '512 gpu-hours' : '"2026-12-18T18:00 America/Los_Angeles"', `"${value}"`),
    );
    expect(refusals(text)).toMatchObject([{ code: 'E_SETTINGS_JOB', path: `fleets[0].jobs[0].${key}` }]);
  });

  test('in a zone that is none, under a name that stands twice, without GPUs or beside blocks are refused', () => {
    expect(refusals(withJob(JOB.replace('Los_Angeles', 'Los_Angelos')))).toMatchObject([
      { code: 'E_SETTINGS_TIMEZONE' },
    ]);
    const code = 'E_SETTINGS_JOB';
    expect(refusals(settingsText('', `jobs: [{ ${JOB} }, { ${JOB} }]`))).toMatchObject([
      { code, path: 'fleets[0].jobs[1].name' },
    ]);
    expect(refusals(withJob(JOB.replace('gpus: 64', 'gpus: 0')))).toMatchObject([
      { code, path: 'fleets[0].jobs[0].gpus' },
    ]);
    expect(refusals(withJob(JOB, 'hold: reserved\n    '))).toMatchObject([
      { code, path: 'fleets[0].jobs[0].name' },
    ]);
  });

  test('that could not be done even by all their nodes from now on are warned of, with the GPUs that could', () => {
    const text = withJob(JOB.replace('2026-12-18T18:00', '2026-11-24T08:00').replace('gpus: 64', 'gpus: 16'));
    const result = loadSettings({ text }, {}, NOW);
    expect(result.ok && result.warnings).toMatchObject([
      { code: 'E_SETTINGS_JOB', path: 'fleets[0].jobs[0].by', remedy: expect.stringContaining('gpus: 24') },
    ]);
  });
});
