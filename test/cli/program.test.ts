// The command line as a script and as a person meet it: exit codes, where text goes, what is refused and how.
import { describe, expect, test } from 'vitest';
import { CLI_ERRORS } from '../../src/cli/errors.ts';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts';
import { SETTINGS_ERRORS } from '../../src/settings/errors.ts';
import { LEDGER_ERRORS } from '../../src/ledger/errors.ts';
import { reportOf } from '../telemetry/reports.ts';
import { createStory } from '../support/story.ts';
import { runIn } from './fake-shop.ts';

describe('the command line', () => {
  test('--help lists every verb and leaves with 0', async () => {
    const { exit, out } = await runIn({}, '--help');
    expect(exit).toBe(0);
    for (const verb of [
      'run',
      'check',
      'plan',
      'market',
      'status',
      'pause',
      'resume',
      'ledger',
      'why',
      'verify',
      'backup',
      'report',
      'notify',
    ])
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
  });

  test('every verb has a help of its own that names --config', async () => {
    for (const verb of [
      'run',
      'check',
      'plan',
      'market',
      'status',
      'pause',
      'resume',
      'ledger',
      'why',
      'verify',
      'backup',
      'report',
      'notify',
    ]) {
      const { exit, out } = await runIn({}, verb, '--help');
      expect(exit).toBe(0);
      expect(out).toContain('--config <file>');
    }
  });

  test('--version prints the version', async () => {
    expect(await runIn({}, '--version')).toMatchObject({ exit: 0, out: '1.2.3\n' });
  });

  test.each([
    ['an unknown verb', ['buy']],
    ['an unknown option', ['status', '--verbose']],
    ['a port that is no port', ['market', '--port', '70000']],
    ['a form that does not exist', ['ledger', '--form', 'xml']],
    ['a missing argument', ['why']],
    ['a log form that does not exist', ['run', '--log', 'xml']],
  ])('%s is a usage error: exit 64, said on standard error, nothing on standard out', async (_, argv) => {
    const run = await runIn({}, ...argv);
    expect(run.exit).toBe(EXIT.usage);
    expect(run.out).toBe('');
    expect(run.err).toContain('bidkeeper --help lists the verbs');
  });

  test('refused settings are exit 78 for every verb, one line a problem, and nothing is started', async () => {
    const problems = [
      { line: 'given.yaml:3:5 E_SETTINGS_PRICE a', code: 'E_SETTINGS_PRICE' },
      { line: 'given.yaml:9:1 E_SETTINGS_TYPE b', code: 'E_SETTINGS_TYPE' },
    ];
    for (const argv of [
      ['run'],
      ['check'],
      ['plan'],
      ['market'],
      ['status'],
      ['pause'],
      ['resume'],
      ['ledger'],
      ['why', 'train'],
      ['verify'],
      ['backup', 'x'],
      ['report'],
    ]) {
      const run = await runIn({ problems }, ...argv, '--config', 'given.yaml');
      expect(run.exit).toBe(EXIT.settings);
      expect(run.err).toBe(`${problems.map((one) => one.line).join('\n')}\n`);
      expect(run.called).toEqual(['load given.yaml']);
    }
  });

  test('warnings of the settings go to standard error, so that JSON on standard out stays whole', async () => {
    const run = await runIn({ warnings: ['careful'] }, 'check', '--json');
    expect(run.err).toBe('careful\n');
    expect(JSON.parse(run.out)).toEqual({ worst: 1 });
  });

  test('a reading verb without a ledger says where it looked and leaves with 74', async () => {
    for (const argv of [['ledger'], ['why', 'train'], ['verify'], ['report']]) {
      const run = await runIn({ records: null }, ...argv);
      expect(run.exit).toBe(EXIT.ledger);
      expect(run.err).toContain('E_LEDGER_PATH there is no ledger at /store.db');
    }
  });

  test('run and market get what was written behind them', async () => {
    expect((await runIn({}, 'run', '--log', 'text', '--log-level', 'warn')).called[1]).toContain(
      '"log":"text","logLevel":"warn"',
    );
    expect((await runIn({}, 'market', '--port', '0')).called[1]).toBe('market 0');
    expect((await runIn({}, 'market')).called[1]).toBe('market 9470');
  });

  test('a fault of the program itself is said to be one, with exit 1', async () => {
    const run = await runIn({}, 'plan');
    expect(run.exit).toBe(EXIT.failed);
    expect(run.err).toMatch(/^E_BUG this is a fault of bidkeeper, please report it: /);
  });

  test('every coded error has an exit code that tells a supervisor what to do', () => {
    for (const code of Object.keys(SETTINGS_ERRORS)) expect(exitCodeOf(code)).toBe(EXIT.settings);
    for (const code of Object.keys(LEDGER_ERRORS))
      expect([EXIT.ledger, EXIT.held]).toContain(exitCodeOf(code));
    for (const code of Object.keys(CLI_ERRORS).filter((one) => one.startsWith('E_USAGE_')))
      expect(exitCodeOf(code)).toBe(EXIT.usage);
    expect(exitCodeOf('E_LEASE_HELD')).toBe(EXIT.held);
    expect(exitCodeOf('E_VENUE_CLOCK')).toBe(EXIT.unavailable);
  });
});

describe('check, plan and status', () => {
  test('check shows effective settings, targets and the worst case, and says that the file is accepted', async () => {
    const { exit, out } = await runIn({}, 'check', '--config', 'a.yaml');
    expect(exit).toBe(0);
    expect(out).toContain('the settings in words');
    expect(out).toContain('the targets');
    expect(out).toContain('the worst case');
    expect(out.trimEnd().endsWith('a.yaml is accepted.')).toBe(true);
  });

  test('plan leaves with 69 when the venue could not be looked at, and says why', async () => {
    const run = await runIn(
      { rehearsal: reportOf(['train'], { end: 'no_look', problem: 'the venue is down' }) },
      'plan',
    );
    expect(run.exit).toBe(EXIT.unavailable);
    expect(run.out).toBe('Nothing can be planned: the venue is down.\n');
  });

  test('plan --json prints the whole report', async () => {
    const rehearsal = reportOf(['train']);
    const run = await runIn({ rehearsal }, 'plan', '--json');
    expect(run.exit).toBe(0);
    expect(JSON.parse(run.out)).toEqual(rehearsal);
  });

  test('status prefers the running daemon', async () => {
    const run = await runIn({ live: reportOf(['train']), fromLedger: reportOf(['old']) }, 'status');
    expect(run.exit).toBe(0);
    expect(run.out).toContain('train: 6 of 8 nodes run');
    expect(run.err).toBe('');
  });

  test('status without a daemon reads the ledger, says that nodes go on costing money, and leaves with 69', async () => {
    const run = await runIn({ fromLedger: reportOf(['train']) }, 'status', '--json');
    expect(run.exit).toBe(EXIT.unavailable);
    expect(run.err).toContain('Held nodes go on costing money');
    expect(JSON.parse(run.out).fleets[0].fleet).toBe('train');
  });

  test('status with neither says how to begin', async () => {
    const run = await runIn({}, 'status');
    expect(run.exit).toBe(EXIT.unavailable);
    expect(run.err).toContain('`bidkeeper run` starts one');
  });
});

describe('pause and resume', () => {
  const held = () => {
    const story = createStory();
    story.running(0);
    story.running(1);
    return story.books;
  };

  test('pause passes the reason on and says what goes on costing how much', async () => {
    const run = await runIn({ stopped: { kind: 'acknowledged', books: held() } }, 'pause', '--why', 'audit');
    expect(run).toMatchObject({ exit: 0 });
    expect(run.called).toContain('pause: audit');
    expect(run.out).toBe(
      'Paused: nothing that adds spend is sent, waiting bids are withdrawn. 2 held nodes go on renewing for at most $24.00 an hour.\n',
    );
  });

  test('a pause that no daemon confirmed is not called one, and leaves with 69', async () => {
    const run = await runIn({ stopped: { kind: 'unconfirmed', books: held() } }, 'pause');
    expect(run.exit).toBe(EXIT.unavailable);
    expect(run.out).toContain('it may still spend');
  });

  test('a pause that could not be written leaves with 74', async () => {
    const run = await runIn({ stopped: { kind: 'failed', message: 'disk full' } }, 'pause');
    expect(run.exit).toBe(EXIT.ledger);
    expect(run.err).toContain('E_STOP_WRITE pause was not written: disk full');
  });

  test('resume says whether anything was paused', async () => {
    expect((await runIn({}, 'resume')).out).toBe('Resumed: buying may go on from the next tick.\n');
    const { books } = createStory();
    expect((await runIn({ stopped: { kind: 'unchanged', books } }, 'resume')).out).toBe(
      'Nothing was paused.\n',
    );
  });

  test('pause --json is one value', async () => {
    const run = await runIn({}, 'pause', '--json');
    expect(JSON.parse(run.out)).toEqual({ verb: 'pause', result: 'acknowledged', paused: false });
  });
});

describe('notify', () => {
  const notices = {
    channels: ['webhook', 'slack'],
    events: ['target', 'pause'],
    open: [{ what: 'target', fleet: 'train', sinceMs: 0 }],
    waiting: [{ text: 'paused', channels: ['slack'] }],
  };

  test('shows who is told, of what, what is open and what waits', async () => {
    const { exit, out } = await runIn({ notices }, 'notify');
    expect(exit).toBe(0);
    expect(out).toBe(
      'told by: webhook, slack\ntold of: target, pause\nopen:\n  target of train, since 1970-01-01T00:00:00Z\nwaiting to be sent:\n  slack: paused\n',
    );
    expect(JSON.parse((await runIn({ notices }, 'notify', '--json')).out)).toEqual(notices);
  });

  test('--test says what came of each channel, and leaves with 69 unless all were reached', async () => {
    const webhook = { channel: 'webhook', ok: true, words: 'HTTP 200' };
    const slack = { channel: 'slack', ok: false, words: 'HTTP 404' };
    expect(await runIn({ notices, noticeTests: [webhook] }, 'notify', '--test')).toMatchObject({ exit: 0 });
    expect(await runIn({ notices, noticeTests: [webhook, slack] }, 'notify', '--test')).toMatchObject({
      exit: 69,
      out: 'webhook: delivered (HTTP 200)\nslack: NOT delivered (HTTP 404)\n',
    });
  });

  test('without anybody to notify says so and leaves as for refused settings', async () => {
    const { exit, err } = await runIn({}, 'notify', '--test');
    expect(exit).toBe(78);
    expect(err).toMatch(/^E_NOTIFY_NONE config\/bidkeeper\.yaml has neither/);
  });
});
