// The classification of every status × kind of change × body. The expectation is written down here a second time, by hand and
// in another form than the table in the source, so that a slip in one shows in the other.
import { describe, expect, test } from 'vitest';
import type { ChangeKind, Outcome } from '../../../src/domain/change.ts';
import { outcomeOf } from '../../../src/venue/sfcompute/changes.ts';
import { OUTCOME_TABLE } from '../../../src/venue/sfcompute/outcome.ts';
import { CHANGES, YES, memoryBench, response, wireError, wireNode } from './bench.ts';

const KINDS: readonly ChangeKind[] = ['create', 'raise', 'extend', 'release', 'delete'];
const HTML = '<html><body><h1>403 Forbidden</h1></body></html>';

/** Bodies that are no evidence, with the name they go by in the titles. */
const NO_EVIDENCE = {
  html: HTML,
  empty: '',
  truncated: YES.create.slice(0, 60),
  'json null': 'null',
  'json of something else': '{"hello":"world"}',
  'json array': '[]',
  'json number': '42',
  'deep nesting': `${'['.repeat(2000)}${']'.repeat(2000)}`,
  'a gateway message without a type': '{"message":"no route"}',
} as const;

const outcome = (kind: ChangeKind, status: number, body: string): Outcome =>
  outcomeOf(CHANGES[kind], response(status, body), (text) => text);

const short = (result: Outcome): string =>
  result.kind === 'accepted'
    ? 'accepted'
    : `${result.kind} ${result.kind === 'refused' ? result.code : result.cause}`;

const everyStatus = Array.from({ length: 400 }, (_, index) => 200 + index);

describe('a body that is no evidence', () => {
  const expected = (kind: ChangeKind, status: number): string => {
    if (status < 300) return kind === 'create' || kind === 'extend' ? 'unknown garbled' : 'accepted';
    if (status === 401) return 'refused auth';
    if (status === 408) return 'unknown timeout';
    if (status === 429) return 'unknown rate_limited';
    return status >= 500 ? 'unknown server_error' : 'unknown http';
  };
  for (const [name, body] of Object.entries(NO_EVIDENCE)) {
    test(`never becomes a refusal except under 401, whatever the status: ${name}`, () => {
      const wrong: string[] = [];
      for (const kind of KINDS) {
        for (const status of everyStatus) {
          const got = short(outcome(kind, status, body));
          if (got !== expected(kind, status)) wrong.push(`${kind} ${status}: ${got}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});

describe("the venue's own error body", () => {
  const expected = (kind: ChangeKind, status: number): string => {
    if (status < 300) return 'unknown garbled';
    if (status === 400 || status === 422) return 'refused request';
    if (status === 401) return 'refused auth';
    if (status === 402) return 'refused funds';
    if (status === 403) return 'refused forbidden';
    if (status === 404) return kind === 'create' ? 'unknown http' : 'refused not_found';
    if (status === 408) return 'unknown timeout';
    if (status === 409) return kind === 'create' ? 'refused name_taken' : 'refused request';
    if (status === 429) return 'unknown rate_limited';
    return status >= 500 ? 'unknown server_error' : 'unknown http';
  };
  test('refuses under 400, 401, 402, 403, 404, 409 and 422 only, and never a purchase under 404', () => {
    for (const kind of KINDS) {
      for (const status of everyStatus) {
        const body = wireError('invalid_request_error', 'no');
        expect(short(outcome(kind, status, body)), `${kind} ${status}`).toBe(expected(kind, status));
      }
    }
  });

  test('counts in its older form too, with type and message at the top', () => {
    const body = JSON.stringify({ type: 'invalid_request_error', message: 'no' });
    expect(short(outcome('raise', 400, body))).toBe('refused request');
  });

  test('leaves a change unknown when its type tells of trouble inside the venue', () => {
    for (const type of ['api_error', 'request_timed_out', 'service_unavailable', 'idempotency_error']) {
      for (const status of [400, 402, 403, 404, 409, 422]) {
        for (const kind of KINDS) {
          expect(outcome(kind, status, wireError(type, 'solver')).kind, `${type} ${status}`).toBe('unknown');
        }
      }
    }
  });

  test.each([
    ['invalid_request_error', 'x', 'bid_price_too_low', 'refused price'],
    ['invalid_request_error', 'x', 'no_availability', 'refused capacity'],
    ['invalid_request_error', 'x', 'name_taken', 'refused name_taken'],
    ['invalid_request_error', 'x', 'a_code_from_next_year', 'refused request'],
    ['conflict', 'x', undefined, 'refused name_taken'],
    ['payment_required', 'x', undefined, 'refused funds'],
    ['invalid_request_error', 'The max price is too low for this zone', undefined, 'refused price'],
    ['invalid_request_error', 'Your bid is below the market', undefined, 'refused price'],
    ['invalid_request_error', 'No availability in hayesvalley', undefined, 'refused capacity'],
    ['invalid_request_error', "A node named 'x' already exists", undefined, 'refused name_taken'],
    ['invalid_request_error', "Name 'x' is already taken", undefined, 'refused name_taken'],
    ['invalid_request_error', 'names must be unique', undefined, 'refused name_taken'],
    ['invalid_request_error', 'Insufficient balance', undefined, 'refused funds'],
    ['invalid_request_error', 'end_at must lie on the hour', undefined, 'refused request'],
  ])('%s "%s" with code %s is %s under 400', (type, message, code, expectation) => {
    expect(short(outcome('create', 400, wireError(type, message, code)))).toBe(expectation);
  });

  test('cannot take a name away from a change that carries none', () => {
    expect(short(outcome('release', 400, wireError('conflict', 'busy')))).toBe('refused request');
    expect(short(outcome('delete', 409, wireError('conflict', 'has active VMs')))).toBe('refused request');
  });
});

describe('a body that names what was asked for', () => {
  test('is acceptance under every 2xx, with the evidence', () => {
    for (const status of [200, 201, 202, 204, 207]) {
      expect(outcome('create', status, YES.create)).toMatchObject({
        kind: 'accepted',
        node: { nodeId: 'n_1' },
      });
      expect(outcome('extend', status, YES.extend)).toMatchObject({
        kind: 'accepted',
        node: { nodeId: 'n_1' },
      });
      expect(outcome('release', status, YES.release)).toMatchObject({
        kind: 'accepted',
        node: { status: 'released' },
      });
      expect(outcome('raise', status, YES.raise)).toMatchObject({
        kind: 'accepted',
        procurement: { limit: 1600 },
      });
      expect(outcome('delete', status, YES.delete)).toEqual({
        kind: 'accepted',
        node: null,
        procurement: null,
      });
    }
  });

  test('is unknown under a status that says no: the two contradict each other', () => {
    for (const status of [400, 402, 403, 404, 409, 422]) {
      expect(short(outcome('create', status, YES.create))).toBe('unknown http');
    }
  });

  test('must name it: a node of another name proves nothing of a purchase', () => {
    const other = JSON.stringify({ data: [wireNode({ name: 'somebody-else' })] });
    expect(short(outcome('create', 201, other))).toBe('unknown garbled');
    expect(short(outcome('extend', 200, JSON.stringify(wireNode({ id: 'n_2' }))))).toBe('unknown garbled');
    expect(outcome('release', 200, JSON.stringify(wireNode({ id: 'n_2' })))).toMatchObject({ node: null });
  });

  test('is found among more nodes than were asked for', () => {
    const many = JSON.stringify({ data: [wireNode({ id: 'n_9', name: 'extra' }), wireNode()] });
    expect(outcome('create', 201, many)).toMatchObject({ kind: 'accepted', node: { nodeId: 'n_1' } });
  });

  test('with a limit that is no whole number is garbled', () => {
    const body = JSON.stringify({ data: [wireNode({ max_price_per_node_hour: 16.5 })] });
    expect(short(outcome('create', 201, body))).toBe('unknown garbled');
  });
});

describe('a failed exchange', () => {
  test.each([
    ['timeout', 'unknown timeout'],
    ['connection', 'unknown connection'],
    ['too_large', 'unknown garbled'],
    ['redirect', 'unknown http'],
  ] as const)(
    '%s after the request may have left is %s; before that it is refused as not sent',
    (cause, expectation) => {
      for (const kind of KINDS) {
        const failed = { kind: 'failed', cause, message: 'm' } as const;
        expect(short(outcomeOf(CHANGES[kind], { ...failed, sent: true }, String))).toBe(expectation);
        expect(short(outcomeOf(CHANGES[kind], { ...failed, sent: false }, String))).toBe('refused not_sent');
      }
    },
  );

  test('a transport that breaks its promise and rejects leaves the change unknown', async () => {
    const { venue } = memoryBench(() => Promise.reject(new Error('bug')));
    expect(await venue.send(CHANGES.create)).toMatchObject({ kind: 'unknown', cause: 'connection' });
  });
});

test('the table covers every documented status for every kind of change', () => {
  for (const status of [200, 201, 204, 400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503, 504]) {
    for (const kind of KINDS) {
      const row = OUTCOME_TABLE.find(
        (one) =>
          status >= one.from && status <= one.to && (one.changes === undefined || one.changes.includes(kind)),
      );
      expect(row, `${kind} ${status}`).toBeDefined();
    }
  }
});
