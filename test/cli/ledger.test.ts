// `bidkeeper ledger`: what is listed, in which form, and how a wrong question is refused.
import { describe, expect, test } from 'vitest';
import { csvField } from '../../src/domain/csv.ts';
import { entryText } from '../../src/cli/entries/entry-words.ts';
import { parseInstant } from '../../src/cli/instant.ts';
import { cents, centsPerNodeHour } from '../../src/domain/money.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { ONE_OF_EACH } from '../ledger/entries.ts';
import { START_MS } from '../simulation/world.ts';
import { createStory, seenNode } from '../support/story.ts';
import { runIn } from './fake-shop.ts';
import { makeMonth } from './month-ledger.ts';

/** Two fleets, one node each; the first is released after an hour. */
const ledger = () => {
  const story = createStory();
  story.tell({ kind: 'daemon_started', version: '0.1.0', mode: 'live', settingsHash: 'present' });
  story.tell({ kind: 'coverage_changed', fleet: 'train', wantedNodes: 1, runningNodes: 0 });
  const basis = { lookAtMs: START_MS - 2000, ask: centsPerNodeHour(1184), askedAtMs: START_MS - 30_000 };
  const why = '1 of 1 nodes is missing, "quoted", at $14.80';
  const first = story.running(0, {}, { basis, why });
  story.later(5 * MINUTE_MS);
  story.create({ fleet: 'serve', hold: 'reserved', endAtMs: START_MS + 2 * HOUR_MS, zone: 'richmond' });
  story.later(5 * MINUTE_MS);
  const order = {
    orderId: 'ordr_1',
    node: first,
    fromMs: START_MS,
    toMs: START_MS + HOUR_MS,
    cost: cents(1111),
  };
  story.tell({ kind: 'order_settled', ...order });
  story.later(HOUR_MS);
  story.tell({
    kind: 'release_intended',
    node: first,
    nodeId: `n_${first}`,
    reason: 'surplus',
    why: 'too many',
  });
  story.accept(story.books.seq);
  story.later(HOUR_MS);
  const gone = seenNode({ nodeId: `n_${first}`, status: 'terminated', statusText: 'terminated', vm: null });
  story.see(first, gone);
  story.tell({ kind: 'node_ended', node: first, proof: 'terminated' });
  return story;
};
const records = ledger().records;
const jsonLines = (out: string): readonly { seq: number; entry: { kind: string } }[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('what is listed', () => {
  test('without a filter every entry is, one line each behind a head', async () => {
    const { exit, out } = await runIn({ records }, 'ledger');
    expect(exit).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(records.length + 1);
    expect(out).toMatch(
      /^ +4 {2}2026-01-01T00:00:00Z {2}train {2}bk-ab12-train-0-g1 .*buys h100 in hayesvalley, hour by hour, for at most \$12\.00\/node-hour \(\$1\.50\/gpu-hour\): /m,
    );
  });

  test('a fleet is asked for through nodes and intents: answers, sights and orders of it are found', async () => {
    const { out } = await runIn({ records }, 'ledger', '--fleet', 'train', '--form', 'json');
    const kinds = jsonLines(out).map((one) => one.entry.kind);
    expect(kinds).toEqual([
      'coverage_changed',
      'create_intended',
      'change_accepted',
      'procurement_seen',
      'order_settled',
      'release_intended',
      'change_accepted',
      'node_seen',
      'node_ended',
    ]);
  });

  test('--since is included, --until is not', async () => {
    const { out } = await runIn(
      { records },
      'ledger',
      '--since',
      '2026-01-01T00:05',
      '--until',
      '2026-01-01T00:10',
      '--form',
      'json',
    );
    expect(jsonLines(out).map((one) => one.entry.kind)).toEqual(['create_intended']);
  });

  test('a span counts back from now, or from the newest entry where the clock runs fast', async () => {
    const fast = await runIn({ records, nowMs: null }, 'ledger', '--since', '90m', '--form', 'json');
    expect(jsonLines(fast.out)[0]?.entry.kind).toBe('release_intended');
    const slow = await runIn({ records, nowMs: START_MS + DAY_MS }, 'ledger', '--since', '90m');
    expect(slow.err).toBe('No entry fits.\n');
  });

  test('kinds and groups of kinds can be mixed', async () => {
    const { out } = await runIn({ records }, 'ledger', '--kind', 'money,daemon_started', '--form', 'json');
    expect(jsonLines(out).map((one) => one.entry.kind)).toEqual(['daemon_started', 'order_settled']);
  });

  test('a node by its id at the venue is the same as by its name', async () => {
    const byId = await runIn({ records }, 'ledger', '--node', 'n_4', '--form', 'json');
    const byName = await runIn({ records }, 'ledger', '--node', 'bk-ab12-train-0-g1', '--form', 'json');
    expect(byId.out).toBe(byName.out);
    expect(jsonLines(byName.out)).toHaveLength(8);
  });

  test('a ledger of many batches is printed batch by batch and whole', async () => {
    const made = makeMonth(Date.UTC(2026, 10, 2), 12);
    const { out } = await runIn({ records: made.records }, 'ledger', '--form', 'json');
    expect(jsonLines(out).map((one) => one.seq)).toEqual(made.records.map((one) => one.seq));
    expect(made.records.length).toBeGreaterThan(3000);
  });
});

describe('the forms', () => {
  test('CSV keeps commas, quotes and line breaks in one field, and ends its lines with CRLF', async () => {
    expect(csvField('a,b')).toBe('"a,b"');
    expect(csvField('say "no"')).toBe('"say ""no"""');
    expect(csvField('two\nlines')).toBe('"two\nlines"');
    expect(csvField('plain')).toBe('plain');
    const { out } = await runIn(
      { records },
      'ledger',
      '--form',
      'csv',
      '--kind',
      'create_intended,order_settled',
    );
    const lines = out.split('\r\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe(
      'entry,time_utc,kind,fleet,node,zone,price_usd_per_node_hour,price_usd_per_gpu_hour,ask_usd_per_node_hour,cost_usd,from_utc,to_utc,answers_entry,text',
    );
    expect(lines[1]).toMatch(
      /^4,2026-01-01T00:00:00Z,create_intended,train,bk-ab12-train-0-g1,hayesvalley,12\.00,1\.50,11\.84,,,,,".*""quoted"", at \$14\.80"$/,
    );
    expect(lines[3]).toContain(',11.11,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,');
  });

  test('each JSON line carries the entry as it is kept, whom it is about, and the sentence', async () => {
    const { out } = await runIn({ records }, 'ledger', '--kind', 'order_settled', '--form', 'json');
    expect(JSON.parse(out)).toMatchObject({
      seq: 8,
      at: '2026-01-01T00:10:00Z',
      about: [{ fleet: 'train', node: 'bk-ab12-train-0-g1', zone: 'hayesvalley' }],
      entry: { kind: 'order_settled', cost: 1111 },
      text: 'paid $11.11 for 2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z (ordr_1)',
    });
  });

  test('every kind of entry is said in one line without gaps', () => {
    for (const entry of ONE_OF_EACH) {
      const text = entryText(entry);
      expect(text.length).toBeGreaterThan(8);
      expect(text).not.toMatch(/\n|undefined|NaN|null|\[object/);
    }
  });
});

describe('the story of a purchase', () => {
  test('tells look, quote, reason, request, answer, read-back, what it cost and how it ended', async () => {
    const { out } = await runIn({ records }, 'ledger', '--node', 'bk-ab12-train-0-g1');
    expect(out).toContain('because  1 of 1 nodes is missing, "quoted", at $14.80');
    expect(out).toContain('look     2025-12-31T23:59:58Z, 2s old');
    expect(out).toContain(
      'quote    ask $11.84/node-hour ($1.48/gpu-hour), asked for 2025-12-31T23:59:30Z, 30s old',
    );
    expect(out).toContain('limit    $12.00/node-hour ($1.50/gpu-hour)');
    expect(out).toContain('accepted after 0s: running');
    expect(out).toContain('type     h100, as asked');
    expect(out).toContain('zone     hayesvalley, as asked');
    expect(out).toContain('bought   1.00 node-hours, at worst $12.00 (limit × time)');
    expect(out).toContain('settled  $11.11 for 1.00 node-hours in 1 orders');
    expect(out).toContain('releases it (surplus): too many');
    expect(out).toContain('2026-01-01T02:10:00Z  the venue shows it as terminated');
  });

  test('another zone than was asked for stands out', async () => {
    const story = createStory();
    story.running(0, { zone: 'richmond' });
    const { out } = await runIn({ records: story.records }, 'ledger', '--node', 'bk-ab12-train-0-g1');
    expect(out).toContain('zone     richmond, NOT hayesvalley as asked');
  });

  test('a purchase whose answer was lost is said to count as bought', async () => {
    const story = createStory();
    const intent = story.create();
    story.tell({
      kind: 'change_unknown',
      intent,
      change: 'create',
      cause: 'timeout',
      status: null,
      message: '60 s',
    });
    const { out } = await runIn({ records: story.records }, 'ledger', '--node', 'bk-ab12-train-0-g1');
    expect(out).toContain(
      'unknown: no answer in time (timeout): 60 s; it counts as bought until looks have proved otherwise',
    );
    expect(out).toContain('it is not known yet whether it began');
  });

  test('one name that was asked for twice, because the first was refused, is two purchases', async () => {
    const story = createStory();
    const refused = story.create();
    story.tell({
      kind: 'change_refused',
      intent: refused,
      change: 'create',
      code: 'price',
      status: 400,
      message: 'too low',
    });
    story.running(0);
    const { out } = await runIn({ records: story.records }, 'ledger', '--node', 'bk-ab12-train-0-g1');
    expect(out.match(/why it was bought/g)).toHaveLength(2);
    expect(out).toContain('it never began: the venue refused it');
  });
});

describe('a wrong question is refused with what would be right', () => {
  test.each([
    [
      ['--fleet', 'tarin'],
      'E_USAGE_FLEET there is no fleet tarin, the nearest is train (there are: train, serve)',
    ],
    [
      ['--node', 'bk-ab12-train-0-g2'],
      'E_USAGE_NODE the ledger knows no node bk-ab12-train-0-g2, the nearest is bk-ab12-train-0-g1',
    ],
    [
      ['--kind', 'orders_settled'],
      'E_USAGE_KIND --kind orders_settled is no kind of entry, the nearest is order_settled',
    ],
    [['--since', 'yesterday'], 'E_USAGE_TIME --since yesterday is no instant. Write 2026-11-23'],
    [['--since', '2026-02-30'], 'E_USAGE_TIME --since 2026-02-30 is no instant'],
    [
      ['--since', '2026-01-02', '--until', '2026-01-01'],
      'E_USAGE_RANGE --until 2026-01-01 is not after --since 2026-01-02',
    ],
  ])('%s', async (argv, message) => {
    const run = await runIn({ records }, 'ledger', ...argv);
    expect(run.exit).toBe(64);
    expect(run.out).toBe('');
    expect(run.err).toContain(message);
  });
});

test('instants are read to the second, in UTC', () => {
  const now = Date.UTC(2026, 10, 23, 12);
  expect(parseInstant('--at', '2026-11-23', now)).toBe(Date.UTC(2026, 10, 23));
  expect(parseInstant('--at', '2026-11-23T14:05', now)).toBe(Date.UTC(2026, 10, 23, 14, 5));
  expect(parseInstant('--at', '2026-11-23 14:05:06Z', now)).toBe(Date.UTC(2026, 10, 23, 14, 5, 6));
  expect(parseInstant('--at', '1d12h', now)).toBe(now - 36 * HOUR_MS);
  for (const text of ['', '12', '2026-13-01', '2026-11-23T25:00', '-2h', '2026-11-23T14:00+02:00'])
    expect(() => parseInstant('--at', text, now)).toThrow('is no instant');
});
