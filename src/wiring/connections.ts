// A venue with its clock, for each kind of settings: SF Compute, the market that a daemon embeds, and either of them
// seen from beside a running daemon. Whoever connects closes.
import { scaledClock } from '../market/clock.ts';
import { type ServeSettings, type ServedMarket, serveCopy, serveMarket, servedAt } from '../market/serve.ts';
import type { Clock } from '../ports/clock.ts';
import type { TokenSource } from '../ports/token.ts';
import type { Venue } from '../ports/venue.ts';
import type { Settings, SfComputeVenueSettings } from '../settings/settings.ts';
import { openToken } from '../settings/token.ts';
import { type SfcomputeVenueOptions, createSfcomputeVenue } from '../venue/sfcompute/client.ts';
import { createUndiciTransport } from '../venue/sfcompute/undici-transport.ts';
import { readVenueClock } from '../venue/sfcompute/venue-clock.ts';
import { monotonic, random, realClock, timer } from './machine.ts';
import { complain } from './terminal.ts';

export interface Connection {
  readonly venue: Venue;
  readonly clock: Clock;
  /** Live secrets, for the log's redaction. */
  readonly secrets: () => readonly string[];
  readonly close: () => Promise<void>;
}

type OnRequest = NonNullable<SfcomputeVenueOptions['onRequest']>;

interface ConnectOptions {
  readonly onRequest?: OnRequest;
  readonly warn: (text: string) => void;
  /** Aborts the waiting for a venue that does not answer yet. */
  readonly signal?: AbortSignal;
}

const client = (
  settings: Settings,
  at: {
    readonly baseUrl: string;
    readonly clock: Clock;
    readonly token: TokenSource;
    readonly onRequest?: OnRequest;
  },
): { readonly venue: Venue; readonly close: () => Promise<void> } => {
  const { listMs, changeMs, quoteMs } = settings.deadlines;
  const allowHost = settings.venue.kind === 'sfcompute' ? settings.venue.allowHost : null;
  const transport = createUndiciTransport({ baseUrl: at.baseUrl, allowHost });
  const venue = createSfcomputeVenue({
    clock: at.clock,
    timer,
    random,
    transport: transport.send,
    token: at.token,
    deadlines: { listMs, changeMs, quoteMs },
    ...(at.onRequest === undefined ? {} : { onRequest: at.onRequest }),
  });
  return { venue, close: transport.close };
};

const embeddedToken: TokenSource = { current: () => 'embedded', reread: () => false };

/** A venue somewhere else. A fast clock starts at the venue's own Date, so that both show the same instant. */
const connectOutside = async (
  settings: Settings,
  venue: SfComputeVenueSettings,
  options: ConnectOptions,
): Promise<Connection> => {
  const token = openToken(venue.token, process.env, options.warn);
  const clock =
    settings.clockSpeed === 1 ? realClock : await venueClock(settings, venue.baseUrl, token, options);
  const { onRequest } = options;
  const made = client(settings, {
    baseUrl: venue.baseUrl,
    clock,
    token,
    ...(onRequest === undefined ? {} : { onRequest }),
  });
  return { ...made, clock, secrets: () => [token.current()] };
};

/** A clock at the settings' speed that begins at the venue's own instant. */
const venueClock = async (
  settings: Settings,
  baseUrl: string,
  token: TokenSource,
  { warn, signal }: ConnectOptions,
): Promise<Clock> => {
  const { clockSpeed: speed } = settings;
  const { venue, close } = client(settings, { baseUrl, clock: realClock, token });
  try {
    const originMs = await readVenueClock({ venue, baseUrl, speed, monotonic, timer, warn, signal });
    return scaledClock({ speed, originMs, monotonic });
  } finally {
    await close();
  }
};

export const embedded = (settings: Settings): Omit<ServeSettings, 'port'> => {
  if (settings.venue.kind !== 'market') {
    throw Object.assign(new Error('these settings have no embedded market: set venue.kind: market'), {
      code: 'E_SETTINGS_VENUE',
    });
  }
  const path = `${settings.storePath}.market`;
  return { settings: settings.venue.market, path, speed: settings.clockSpeed, real: realClock, timer };
};

export const connect = async (settings: Settings, options: ConnectOptions): Promise<Connection> =>
  settings.venue.kind === 'sfcompute'
    ? connectOutside(settings, settings.venue, options)
    : connectEmbedded(settings, await serveMarket({ ...embedded(settings), port: 0 }), options);

const connectEmbedded = (
  settings: Settings,
  market: ServedMarket,
  options: { readonly onRequest?: OnRequest },
): Connection => {
  const made = client(settings, {
    baseUrl: market.url,
    clock: market.clock,
    token: embeddedToken,
    ...options,
  });
  return {
    venue: made.venue,
    clock: market.clock,
    secrets: () => [],
    close: async () => {
      await made.close();
      await market.close();
    },
  };
};

/** For a verb beside a running daemon: its own embedded market where it runs, else the venue of the settings. */
export const connectBeside = async (settings: Settings): Promise<Connection> => {
  const warn = (text: string): void => complain(text);
  if (settings.venue.kind === 'sfcompute') return connectOutside(settings, settings.venue, { warn });
  const baseUrl = await servedAt(embedded(settings).path);
  if (baseUrl === null) return connectEmbedded(settings, await serveCopy(embedded(settings)), {});
  const clock = await venueClock(settings, baseUrl, embeddedToken, { warn: complain });
  return { ...client(settings, { baseUrl, clock, token: embeddedToken }), clock, secrets: () => [] };
};
