// Things that happen to the market by themselves or by a person's hand: a node is lost, a VM fails, a node vanishes from
// sight, an ask is set, money comes or goes, a rule of the market changes. Values only; effects.ts carries them out.

/** What one setting of the market is changed to; a missing key stays as it is. */
export interface Switches {
  readonly uniqueNames?: boolean;
  readonly raisingAllowed?: boolean;
  readonly eviction?: 'awaitingcapacity' | 'end';
  readonly paymentRule?: 'clear' | 'maker' | 'bid';
  /** How long a quote takes, in market time. */
  readonly quoteDelayMs?: number;
}

export type WorldEvent =
  /**
   * The node's VM stops now and the node becomes `as`. `node` is an id or a name; null picks a live one by chance.
   * `awaitingcapacity` is an eviction (autoreserved only; others are terminated).
   */
  | {
      readonly kind: 'end_node';
      readonly node: string | null;
      readonly as: 'terminated' | 'failed' | 'awaitingcapacity';
    }
  /** The VM becomes `NodeFailure`; the node goes on and is billed. */
  | { readonly kind: 'fail_vm'; readonly node: string | null }
  /** The node is in no listing and answers 404 for this long, though it is alive and billed. */
  | { readonly kind: 'hide_node'; readonly node: string | null; readonly forMs: number }
  /** Sets a zone's ask until `source` gives it back to its source. Null: nothing is for sale. Crosses at the next step. */
  | { readonly kind: 'set_ask'; readonly zone: string; readonly ask: number | null | 'source' }
  | { readonly kind: 'set_capacity'; readonly zone: string; readonly nodes: number }
  /** Moves the balance by whole cents, as a grant or a charge that is no order of ours. */
  | { readonly kind: 'move_balance'; readonly cents: number }
  /** Money comes back for an order; null: without a word of what for. */
  | { readonly kind: 'refund'; readonly order: string | null; readonly cents: number }
  /** The rest of an order's time is sold for so much in all. */
  | { readonly kind: 'sell_rest'; readonly order: string; readonly cents: number }
  /** An order's price is put right afterwards. */
  | { readonly kind: 'correct_order'; readonly order: string; readonly cents: number }
  | { readonly kind: 'switch'; readonly switches: Switches };
