// A wire between the daemon and the market that goes bad while requests are on it: a plain TCP proxy (node:net) that can let
// answers drip, swallow them, swallow everything, or hang up. The market behind it does what reaches it.
import { connect, createServer, type Socket } from 'node:net';

/**
 * `clear` passes everything; `drip` gives answers a byte at a time; `deaf` takes requests to the market and swallows the
 * answers; `black_hole` swallows requests as well; `cut` hangs up as soon as a request comes.
 */
export type WireMood = 'clear' | 'drip' | 'deaf' | 'black_hole' | 'cut';

export const WIRE_MOODS: readonly Exclude<WireMood, 'clear'>[] = ['drip', 'deaf', 'black_hole', 'cut'];

export interface BadWire {
  readonly url: string;
  /** Holds for bytes that come from now on, on connections that stand already as well. */
  readonly setMood: (mood: WireMood) => void;
  /** Bytes that a mood other than `clear` has struck. */
  readonly struck: () => number;
  readonly close: () => Promise<void>;
}

const DRIP_EVERY_MS = 20;

export const openBadWire = async (target: string): Promise<BadWire> => {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mood: WireMood = 'clear';
  let struck = 0;
  const server = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port) });
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    near.on('data', (bytes) => {
      if (mood !== 'clear') struck += bytes.length;
      if (mood === 'cut') end();
      else if (mood !== 'black_hole') far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (mood === 'clear') near.write(bytes);
      else if (mood === 'drip') drip(near, bytes);
      // What is swallowed leaves a hole in the stream, so the connection is of no use afterwards.
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    setMood: (next) => {
      // Connections with a hole in them end with the mood that made it.
      if (next === 'clear' && mood !== 'clear') for (const socket of sockets) socket.destroy();
      mood = next;
    },
    struck: () => struck,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const drip = (socket: Socket, bytes: Buffer): void => {
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || sent >= bytes.length) clearInterval(timer);
    else socket.write(bytes.subarray(sent, (sent += 1)));
  }, DRIP_EVERY_MS);
};
