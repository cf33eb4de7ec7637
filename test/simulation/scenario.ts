// A whole run as one JSON value: what the market is like, what the settings say, and every disturbance with its instant. A
// scenario is drawn from a seed once and then only carried out, so shrinking it is leaving parts of it out.
import type { Policy } from '../../src/domain/policy.ts';
import type { SimulatedMarketSettings } from '../../src/domain/simulated-market.ts';
import type { DurationMs } from '../../src/domain/time.ts';
import type { Fault } from '../../src/market/faults.ts';
import type { WorldEvent } from '../../src/market/world.ts';

/** Which requests a fault of the wire strikes. */
export type Aim =
  | 'any'
  | 'changes'
  | 'creates'
  | 'extends'
  | 'raises'
  | 'lettings_go'
  | 'listings'
  | 'lookups'
  | 'quotes'
  | 'reads';

/** What the world does, beginning `afterMs` from the start; `forMs` long where it has a length. */
export type Disturbance = { readonly afterMs: DurationMs; readonly kind: string } & (
  | {
      readonly does: 'wire';
      readonly forMs: DurationMs;
      readonly aim: Aim;
      readonly probability: number;
      readonly times: number | null;
      readonly fault: Fault;
    }
  | {
      readonly does: 'market';
      readonly event: WorldEvent;
      readonly undoAfterMs: DurationMs | null;
      readonly undo: WorldEvent | null;
    }
  | { readonly does: 'by_hand'; readonly act: 'release' | 'delete' | 'extend' | 'raise' }
  | {
      readonly does: 'stranger';
      readonly name: 'other_ledger' | 'taken' | 'no_form' | 'our_ledger';
      readonly livesMs: DurationMs;
    }
  /** Somebody holds the next name of a living node of ours, unseen for `hiddenMs`; some minutes later that node ends. */
  | { readonly does: 'hidden_namesake'; readonly hiddenMs: DurationMs; readonly livesMs: DurationMs }
  | { readonly does: 'pause'; readonly forMs: DurationMs }
  | { readonly does: 'target'; readonly share: number; readonly forMs: DurationMs }
  | { readonly does: 'settings'; readonly ceilingShare: number | null; readonly budgetShare: number | null }
  | { readonly does: 'token'; readonly knownAfterMs: DurationMs }
  | {
      readonly does: 'clock';
      readonly jumpMs: DurationMs;
      readonly driftPerMille: number;
      readonly forMs: DurationMs;
    }
  | { readonly does: 'asleep'; readonly forMs: DurationMs }
  | {
      readonly does: 'crash';
      readonly afterSteps: number;
      readonly downMs: DurationMs;
      readonly tornShare: number;
    }
  | { readonly does: 'kill'; readonly downMs: DurationMs }
  | { readonly does: 'lease'; readonly forMs: DurationMs }
  | { readonly does: 'disk'; readonly how: 'full' | 'readonly' | 'io' | 'slow'; readonly forMs: DurationMs }
  | { readonly does: 'backup'; readonly share: number; readonly damagedForMs: DurationMs }
  | { readonly does: 'unreachable'; readonly forMs: DurationMs }
  | {
      readonly does: 'strategy';
      readonly how: 'throws' | 'loops' | 'nan' | 'above' | 'odd';
      readonly forMs: DurationMs;
    }
);

export interface Scenario {
  readonly seed: number;
  /** Turns of the pace with disturbances; the quiet tail comes behind them. */
  readonly ticks: number;
  readonly tickEveryMs: DurationMs;
  /** How long a request or an answer is under way, at most; 0: no time passes on the wire. */
  readonly latencyMs: DurationMs;
  /** When the tail begins everything is mended, and this much later the target must be met and the books settled. */
  readonly tailMs: DurationMs;
  readonly market: SimulatedMarketSettings;
  readonly policy: Policy;
  readonly disturbances: readonly Disturbance[];
  /** The process dies at this step of its whole life, for the exhaustive runs; null: only by disturbances. */
  readonly dieAtSteps: readonly number[];
}
