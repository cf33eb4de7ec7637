// What the tests of this folder stand on: a venue with a scripted in-memory transport and time that only sleeping moves, and
// raw servers on loopback that misbehave as told. Everything above the transport is the real client.
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createSfcomputeVenue } from '../../../src/venue/sfcompute/client.ts';
import type { SfcomputeVenueOptions, VenueDeadlines } from '../../../src/venue/sfcompute/client.ts';
import { createUndiciTransport } from '../../../src/venue/sfcompute/undici-transport.ts';
import type { RequestReport } from '../../../src/venue/sfcompute/caller.ts';
import type { Transport, TransportAnswer, TransportRequest } from '../../../src/venue/sfcompute/transport.ts';
import type { Change, CreateChange } from '../../../src/domain/change.ts';
import { centsPerNodeHour } from '../../../src/domain/money.ts';
import type { Clock, Timer } from '../../../src/ports/clock.ts';
import type { TokenSource } from '../../../src/ports/token.ts';
import type { Venue } from '../../../src/ports/venue.ts';

export const TOKEN = 'sk-very-secret-token-0001';
export const NOW_MS = Date.UTC(2026, 10, 23, 14, 10, 20);

const limit = centsPerNodeHour(1600);

export const createChange: CreateChange = {
  kind: 'create',
  name: 'bk-ab12-train-3-g1',
  zone: 'hayesvalley',
  hold: 'autoreserved',
  limit,
  startAtMs: null,
  endAtMs: null,
  node: { imageId: null, cloudInit: null, cloudInitHash: null, forward443: false },
};

/** One change of each kind. */
export const CHANGES = {
  create: createChange,
  raise: { kind: 'raise', procurementId: 'proc_1', limit },
  extend: { kind: 'extend', nodeId: 'n_1', durationMs: 3_600_000, limit },
  release: { kind: 'release', nodeId: 'n_1' },
  delete: { kind: 'delete', nodeId: 'n_1' },
} as const satisfies Record<string, Change>;

export const wireNode = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  object: 'node',
  id: 'n_1',
  name: createChange.name,
  zone: 'hayesvalley',
  gpu_type: 'H100',
  owner: 'acct_1',
  status: 'pending',
  created_at: 1_790_000_000,
  updated_at: 1_790_000_000,
  start_at: null,
  end_at: null,
  procurement_id: 'proc_1',
  max_price_per_node_hour: 1600,
  node_type: 'autoreserved',
  current_vm: null,
  ...over,
});

export const wireError = (type: string, message: string, code?: string): string =>
  JSON.stringify({
    error: { type, message, ...(code === undefined ? {} : { details: [{ code, message, field: null }] }) },
  });

/** Statuses and bodies by which the venue says yes, by kind of change. */
export const YES = {
  create: JSON.stringify({ object: 'list', data: [wireNode()] }),
  raise: JSON.stringify({
    object: 'procurement',
    id: 'proc_1',
    buy_limit_price_per_gpu_hour: 200,
    horizon: 60,
  }),
  extend: JSON.stringify(wireNode({ node_type: 'reserved' })),
  release: JSON.stringify(wireNode({ status: 'released' })),
  delete: '',
} as const;

export const response = (
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): TransportAnswer => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export interface MemoryBench {
  readonly venue: Venue;
  readonly requests: (TransportRequest & { readonly deadlineMs: number })[];
  readonly reports: RequestReport[];
  readonly slept: number[];
  /** Real milliseconds since the bench was made, moved by sleeping and by `answer`. */
  readonly advance: (byMs: number) => void;
}

export type Answerer = (request: TransportRequest, nth: number) => TransportAnswer | Promise<TransportAnswer>;

/** A venue whose transport is `answer`; `nth` counts requests from 0. */
export const memoryBench = (answer: Answerer, over: Partial<SfcomputeVenueOptions> = {}): MemoryBench => {
  const requests: MemoryBench['requests'] = [];
  const reports: RequestReport[] = [];
  const slept: number[] = [];
  let realMs = 0;
  const clock: Clock = { now: () => NOW_MS, monotonic: () => realMs };
  const timer: Timer = {
    sleep: (ms) => {
      slept.push(ms);
      realMs += ms;
      return Promise.resolve();
    },
  };
  const transport: Transport = async (request, deadlineMs) => {
    requests.push({ ...request, deadlineMs });
    return answer(request, requests.length - 1);
  };
  const venue = createSfcomputeVenue({
    clock,
    timer,
    random: { next: () => 0.5 },
    transport,
    token: fixedToken(),
    onRequest: (report) => reports.push(report),
    ...over,
  });
  return { venue, requests, reports, slept, advance: (ms) => (realMs += ms) };
};

export const fixedToken = (): TokenSource => ({ current: () => TOKEN, reread: () => false });

const realClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
export const realTimer: Timer = { sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };

export interface Misbehaving {
  readonly url: string;
  /** Complete request heads that arrived, `POST /v1/nodes` and the like. */
  readonly arrived: string[];
  readonly stop: () => Promise<void>;
}

const portOf = (address: AddressInfo | string | null): number => {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

/** A plain HTTP server; `act` answers, or not, once the whole request has arrived. */
export const httpServer = (
  act: (request: IncomingMessage, response: ServerResponse, nth: number) => void,
): Promise<Misbehaving> => {
  const arrived: string[] = [];
  const server = createHttpServer((request, reply) => {
    request.resume().on('end', () => {
      arrived.push(`${request.method} ${request.url}`);
      act(request, reply, arrived.length - 1);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${portOf(server.address())}`,
        arrived,
        stop: async () => {
          server.closeAllConnections();
          await new Promise((done) => server.close(done));
        },
      });
    });
  });
};

/** A TCP server that hands the raw socket over once the head of a request has arrived. */
export const rawServer = (act: (socket: Socket, nth: number) => void): Promise<Misbehaving> => {
  const arrived: string[] = [];
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    let head = '';
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      arrived.push(head.slice(0, head.indexOf(' HTTP/1.1')));
      head = '';
      act(socket, arrived.length - 1);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${portOf(server.address())}`,
        arrived,
        stop: async () => {
          for (const socket of sockets) socket.destroy();
          await new Promise((done) => server.close(done));
        },
      });
    });
  });
};

/** The real client on the real transport, with short deadlines. */
export const realBench = (
  url: string,
  deadlines: Partial<VenueDeadlines> = {},
): { readonly venue: Venue; readonly reports: RequestReport[]; readonly close: () => Promise<void> } => {
  const transport = createUndiciTransport({ baseUrl: url });
  const reports: RequestReport[] = [];
  const venue = createSfcomputeVenue({
    clock: realClock,
    timer: realTimer,
    random: { next: () => 0 },
    transport: transport.send,
    token: fixedToken(),
    deadlines: { listMs: 400, changeMs: 300, quoteMs: 400, zonesMs: 400, ...deadlines },
    onRequest: (report) => reports.push(report),
  });
  return { venue, reports, close: transport.close };
};
