// One tick, straight through: what it promises when everything works, and when ledger, venue, lease or time fail it.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts';
import { intentBehind, openDesk } from '../support/desk.ts';
import { seenNode } from '../support/story.ts';

describe('a tick', () => {
  test('buys what is missing, each node with one durable intent before the request, and books what came back.', async () => {
    const desk = await openDesk();
    const report = await desk.tick();
    expect(report).toMatchObject({ end: 'done', fleets: [{ wantedNodes: 2, runningNodes: 2 }] });
    expect(desk.sent()).toEqual(['create train-0-g1', 'create train-1-g1']);
    for (const arrival of desk.arrived) expect(intentBehind(arrival)).not.toBeNull();
    const intents = (await desk.records()).filter((record) => record.entry.kind === 'create_intended');
    expect(intents).toHaveLength(2);
    expect(desk.memory.books.open.size).toBe(0);
  });

  test('in a quiet world writes nothing and calls nothing beyond the one look.', async () => {
    const desk = await openDesk();
    await desk.tick();
    desk.nowMs += 30 * SECOND_MS;
    await desk.tick();
    const before = (await desk.records()).length;
    for (let turn = 0; turn < 20; turn += 1) {
      desk.nowMs += 30 * SECOND_MS;
      await desk.tick();
    }
    expect((await desk.records()).length).toBe(before);
    expect(desk.sent()).toHaveLength(2);
    expect(desk.looks).toBe(22);
  });

  test('that cannot list the venue ends there: nothing is bought on old knowledge.', async () => {
    const desk = await openDesk();
    desk.sight = () => ({ ok: false, code: 'timeout', status: null, message: 'no answer' });
    expect(await desk.tick()).toMatchObject({
      end: 'no_look',
      problem: expect.stringContaining('no answer'),
    });
    expect(desk.sent()).toEqual([]);
    expect(desk.memory.books.breaker).toBeNull();
  });

  test('that is answered 403 opens the breaker once, durably, and nothing is bought until a person resumes.', async () => {
    const desk = await openDesk();
    desk.sight = () => ({ ok: false, code: 'forbidden', status: 403, message: 'frozen' });
    await desk.tick();
    await desk.tick();
    expect((await desk.kinds()).filter((kind) => kind === 'breaker_opened')).toHaveLength(1);
    desk.sight = () => undefined;
    expect((await desk.tick()).decisions[0]).toMatchObject({ refusedBy: 'breaker' });
    await desk.other({ kind: 'resume_requested', by: 'ann', why: 'account restored' });
    await desk.tick();
    expect(desk.sent()).toHaveLength(2);
  });

  test('whose token is refused buys nothing and alarms a person for as long as that is so.', async () => {
    const desk = await openDesk();
    desk.sight = () => ({ ok: false, code: 'auth', status: 401, message: 'invalid token' });
    const codes = async () => (await desk.tick()).alarms.map(({ code }) => code);
    expect([await codes(), desk.sent()]).toEqual([['auth'], []]);
    desk.sight = () => undefined;
    expect(await codes()).toEqual([]);
  });

  test('of a process that does not hold the lease does nothing at all.', async () => {
    const desk = await openDesk();
    desk.leaseHeld = false;
    expect((await desk.tick()).end).toBe('not_leader');
    expect([desk.looks, desk.arrived.length, (await desk.records()).length]).toEqual([0, 0, 2]);
  });

  test('whose lease is lost between intent and request sends nothing more, and says that it was not sent.', async () => {
    const desk = await openDesk();
    desk.beforeAppend = async () => {
      desk.leaseHeld = false;
      return undefined;
    };
    await desk.tick();
    expect(desk.sent()).toEqual([]);
    const refusals = (await desk.records()).filter(({ entry }) => entry.kind === 'change_refused');
    expect(refusals.map(({ entry }) => 'code' in entry && entry.code)).toEqual(['not_sent', 'not_sent']);
  });

  test('in dry_run sends nothing and writes no intents, and still says what it would do.', async () => {
    const desk = await openDesk({ mode: 'dry_run' });
    const report = await desk.tick();
    expect(desk.sent()).toEqual([]);
    expect(
      (await desk.kinds()).filter((kind) => kind.includes('intended') || kind.includes('authorised')),
    ).toEqual([]);
    expect(report.decisions).toMatchObject([
      { action: 'create', limit: 1016, refusedBy: 'dry_run' },
      { action: 'create', limit: 1016, refusedBy: 'dry_run' },
    ]);
  });
});

describe('a ledger that fails', () => {
  test('at any append: whatever reached the venue has a durable intent, and the next good tick goes on without buying twice.', async () => {
    for (let failing = 0; failing < 8; failing += 1) {
      const desk = await openDesk();
      let appends = 0;
      desk.beforeAppend = async () => {
        appends += 1;
        return appends - 1 === failing
          ? { kind: 'failed', code: 'E_LEDGER_FULL', message: 'disk full' }
          : undefined;
      };
      for (let turn = 0; turn < 4; turn += 1) {
        const report = await desk.tick();
        if (report.end !== 'done')
          expect(report).toMatchObject({ end: 'ledger_failed', problem: 'E_LEDGER_FULL: disk full' });
        desk.nowMs += 30 * SECOND_MS;
      }
      for (const arrival of desk.arrived) expect(intentBehind(arrival)).not.toBeNull();
      expect(desk.sent()).toEqual(['create train-0-g1', 'create train-1-g1']);
      expect(desk.memory.books.contradiction).toBeNull();
      expect([...desk.memory.books.nodes.values()].map((node) => node.phase)).toEqual(['running', 'running']);
    }
  });

  test('for good: nothing is ever sent.', async () => {
    const desk = await openDesk();
    desk.beforeAppend = async () => ({ kind: 'failed', code: 'E_LEDGER_READ_ONLY', message: '' });
    for (let turn = 0; turn < 5; turn += 1) await desk.tick();
    expect(desk.sent()).toEqual([]);
  });
});

describe('another writer', () => {
  const pause = { kind: 'pause_requested', by: 'ann', why: 'stop' } as const;

  test('A pause written between the intents and the requests keeps every purchase from being sent; the outcomes stand behind it.', async () => {
    const desk = await openDesk();
    desk.afterAppend = async (entries) => {
      if (entries.some((entry) => entry.kind === 'create_intended')) await desk.other(pause);
    };
    expect((await desk.tick()).end).toBe('done');
    expect(desk.sent()).toEqual([]);
    expect((await desk.kinds()).slice(-3)).toEqual(['pause_requested', 'change_refused', 'change_refused']);
    expect((await desk.tick()).paused).toBe(true);
    expect((await desk.kinds()).at(-1)).toBe('pause_acknowledged');
    expect(desk.memory.books.contradiction).toBeNull();
  });

  test('Outcomes are written behind what another process wrote while the requests were out.', async () => {
    const desk = await openDesk();
    desk.answer = async () => {
      if (desk.arrived.length === 2) await desk.other(pause);
      return undefined;
    };
    expect((await desk.tick()).end).toBe('done');
    expect((await desk.kinds()).slice(-3)).toEqual(['pause_requested', 'change_accepted', 'change_accepted']);
    expect([...desk.memory.books.nodes.values()].map((node) => node.phase)).toEqual(['running', 'running']);
  });

  test('An entry written before the intents ends the tick: it is decided anew, on the new books.', async () => {
    const desk = await openDesk();
    let first = true;
    desk.beforeAppend = async (entries) => {
      if (first && entries.some((entry) => entry.kind === 'create_intended')) {
        first = false;
        await desk.other(pause);
      }
      return undefined;
    };
    expect((await desk.tick()).end).toBe('moved');
    expect(desk.sent()).toEqual([]);
    expect((await desk.tick()).paused).toBe(true);
    expect(desk.sent()).toEqual([]);
  });
});

describe('a pause', () => {
  test('is acknowledged in the same stroke that withdraws waiting bids; nothing that adds spend follows; held nodes go on renewing.', async () => {
    const desk = await openDesk();
    desk.wanted = 1;
    await desk.tick();
    desk.wanted = 2;
    desk.answer = async (change) => {
      if (change.kind !== 'create') return undefined;
      const node = seenNode({
        nodeId: 'n_bid',
        procurementId: 'p_bid',
        name: change.name,
        status: 'pending',
        createdAtMs: desk.nowMs,
        startAtMs: null,
        endAtMs: null,
        vm: null,
      });
      desk.nodes.set('n_bid', node);
      return { kind: 'accepted', node, procurement: null };
    };
    await desk.tick();
    desk.answer = async () => undefined;
    await desk.other({ kind: 'pause_requested', by: 'ann', why: 'review' });
    desk.wanted = 5;
    desk.nowMs += 30 * SECOND_MS;
    const report = await desk.tick();
    expect(desk.sent().slice(2)).toEqual(['release n_bid']);
    expect(desk.arrived.at(-1)?.durable.map((record) => record.entry.kind)).toContain('pause_acknowledged');
    expect(report.fleets[0]?.unattendedRate).toBe(1016);
    desk.nodes.delete('n_bid');
    // The next hours of the held node are still let through.
    const held = [...desk.nodes.values()][0] ?? seenNode();
    const until = () => [...desk.memory.books.nodes.values()][0]?.authorisedUntilMs ?? 0;
    const before = until();
    desk.nowMs += HOUR_MS;
    desk.nodes.set(held.nodeId, { ...held, endAtMs: (held.endAtMs ?? 0) + HOUR_MS });
    await desk.tick();
    expect(until()).toBeGreaterThan(before);
    expect(desk.memory.books.fleets.get('train')?.overrun).toBe(0);
    expect(desk.sent().filter((one) => one.startsWith('create'))).toHaveLength(2);
  });

  test('An empty ledger beside live nodes with our prefix starts paused, touches nothing, and stays blocked for that fleet after a resume.', async () => {
    const desk = await openDesk();
    desk.nodes.set('n_x', seenNode({ nodeId: 'n_x', name: 'bk-zz99-train-0-g3' }));
    const report = await desk.tick();
    expect(report.paused).toBe(true);
    expect(desk.sent()).toEqual([]);
    await desk.other({ kind: 'resume_requested', by: 'ann', why: 'they are known' });
    expect((await desk.tick()).decisions[0]).toMatchObject({ refusedBy: 'unowned' });
    expect(desk.sent()).toEqual([]);
    desk.nodes.set('n_x', seenNode({ nodeId: 'n_x', name: 'bk-zz99-train-0-g3', status: 'terminated' }));
    await desk.tick();
    expect(desk.sent()).toHaveLength(2);
  });
});

describe('time', () => {
  test('No change starts when the tick has no time left for it; what was not sent is free again.', async () => {
    const desk = await openDesk();
    desk.wanted = 4;
    desk.answer = async () => {
      desk.monotonicMs = 30_001;
      return undefined;
    };
    await desk.tick();
    expect(desk.arrived.length).toBeLessThanOrEqual(2);
    expect(desk.memory.books.open.size).toBe(0);
    desk.monotonicMs = 0;
    await desk.tick();
    expect(new Set([...desk.nodes.values()].map((node) => node.name)).size).toBe(4);
    expect(desk.nodes.size).toBe(4);
  });

  test('A look that took longer than a look may be old buys nothing.', async () => {
    const desk = await openDesk();
    desk.sight = () => {
      const askedAtMs = desk.nowMs;
      desk.nowMs += MINUTE_MS + 1;
      return {
        ok: true,
        value: {
          askedAtMs,
          venueDateMs: askedAtMs,
          nodes: [],
          unreadable: 0,
          lookups: new Map(),
          procurements: new Map(),
        },
      };
    };
    expect((await desk.tick()).decisions[0]).toMatchObject({ refusedBy: 'stale_look' });
    expect(desk.sent()).toEqual([]);
  });
});

describe('books that contradict themselves', () => {
  test('buy nothing and release nothing, keep looking, and say so.', async () => {
    const desk = await openDesk();
    await desk.tick();
    await desk.other({ kind: 'node_ended', node: 999, proof: 'failed' });
    desk.wanted = 0;
    desk.nowMs += 58 * MINUTE_MS;
    const report = await desk.tick();
    expect(report).toMatchObject({ end: 'done', contradiction: expect.any(String) });
    expect(report.alarms.map((alarm) => alarm.code)).toContain('contradiction');
    desk.wanted = 9;
    await desk.tick();
    expect(desk.sent()).toHaveLength(2);
    expect(desk.looks).toBe(3);
  });
});
