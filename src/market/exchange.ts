// What goes in and out of the market, transport left aside: a request as its bytes, and what the transport is to do with the
// answer. An HTTP server and an in-process simulation act out the same values. `delayMs` is market time; `everyMs` of a drip
// is the transport's own time.

export interface MarketRequest {
  /** Upper case. */
  readonly method: string;
  /** Path with its query, percent-encoded as on the wire. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export type Answer =
  /** The whole response, to be delivered `delayMs` of market time after the request. */
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly delayMs: number;
    }
  /** The response, `bytes` at a time with `everyMs` between. */
  | {
      readonly kind: 'drip';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly bytes: number;
      readonly everyMs: number;
    }
  /** The connection is closed without an answer. */
  | { readonly kind: 'drop' }
  /** The connection stays open and nothing is ever sent. */
  | { readonly kind: 'hang' };

/** A response on its way out, before a fault may change it. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
  /** Ids of the nodes the request made or changed, for the records. */
  readonly nodes?: readonly string[];
}
