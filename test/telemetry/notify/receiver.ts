// A real HTTP server that is notified: it keeps what came, and answers, hangs or lies as it is told.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly path: string;
}

export type Behaviour = (response: ServerResponse, received: Received) => void;

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The texts that came, in order. */
  readonly texts: () => readonly string[];
  /** What it does from now on. */
  readonly behave: (behaviour: Behaviour) => void;
  readonly close: () => Promise<void>;
}

export const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = 'ok'): Behaviour =>
  (response) =>
    void response.writeHead(status, headers).end(body);

const flat = (headers: IncomingHttpHeaders): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

export const startReceiver = async (behaviour: Behaviour = answering(200)): Promise<Receiver> => {
  const received: Received[] = [];
  let behave = behaviour;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const one = { headers: flat(request.headers), body, path: request.url ?? '' };
      received.push(one);
      behave(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    texts: () => received.map(({ body }) => textOf(body)),
    behave: (next) => {
      behave = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The sentence of a message, of the webhook's form or of Slack's. */
const textOf = (body: string): string => {
  const message = JSON.parse(body) as { text?: string; data?: { text: string } };
  return message.data?.text ?? message.text ?? '';
};
