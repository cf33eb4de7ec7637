// The four kinds of series the metrics are made of, on a prom-client registry of our own. A ledger counter is set to what
// the ledger says and never falls; a process counter begins at zero with the process; a board of gauges is wiped and
// written anew with every report, so that nothing stale stays on it.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  /** In the unit of the ledger: whole cent-seconds, whole seconds, counts. */
  readonly value: number;
}

export interface LedgerCounter {
  /** Takes the ledger's totals; samples of the same labels are added up. What is missing keeps its value. */
  readonly set: (samples: readonly Sample[]) => void;
}

export interface GaugeBoard {
  readonly set: (samples: readonly Sample[]) => void;
}

export interface Definition {
  /** Without the prefix `bidkeeper_`. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** A metric as the documentation and the proofs of queries know it. */
export interface CatalogueEntry extends Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
}

export interface Instruments {
  readonly registry: Registry;
  /** What was made here so far, with whole names. */
  readonly catalogue: readonly CatalogueEntry[];
  /** `scale` turns the ledger's unit into the exported one; it must not fall where its argument rises. */
  readonly ledgerCounter: (definition: Definition, scale?: (value: number) => number) => LedgerCounter;
  readonly counter: (definition: Definition) => Counter;
  readonly gauges: (definition: Definition) => GaugeBoard;
  readonly histogram: (definition: Definition, buckets: readonly number[]) => Histogram;
}

/** A total of the ledger that came back smaller than before, or that is no number from zero up (`before` is 0 then). */
export interface Fall {
  readonly metric: string;
  readonly labels: Labels;
  readonly before: number;
  readonly now: number;
}

const PREFIX = 'bidkeeper_';

/** `onFall` is told once each time a series begins to contradict its former total. */
export const createInstruments = (onFall: (fall: Fall) => void): Instruments => {
  const registry = new Registry();
  const catalogue: CatalogueEntry[] = [];
  const config = (type: CatalogueEntry['type'], { name, help, labels }: Definition) => {
    catalogue.push({ name: `${PREFIX}${name}`, type, labels, help });
    return { name: `${PREFIX}${name}`, help, labelNames: [...labels], registers: [registry] };
  };
  return {
    registry,
    catalogue,
    ledgerCounter: (definition, scale = (value) => value) =>
      ledgerCounter(new Counter(config('counter', definition)), { definition, scale, onFall }),
    counter: (definition) => new Counter(config('counter', definition)),
    gauges: (definition) => {
      const gauge = new Gauge(config('gauge', definition));
      return {
        set: (samples) => {
          gauge.reset();
          // A gauge without labels comes back as zero, which would be a lie where nothing is known.
          if (definition.labels.length === 0) gauge.remove();
          for (const { labels, value } of samples) if (Number.isFinite(value)) gauge.set(labels, value);
        },
      };
    },
    histogram: (definition, buckets) =>
      new Histogram({ ...config('histogram', definition), buckets: [...buckets] }),
  };
};

interface Held {
  readonly labels: Labels;
  /** The largest total so far; −1 before the first sound one. */
  value: number;
  falling: boolean;
}

const ledgerCounter = (
  counter: Counter,
  options: {
    readonly definition: Definition;
    readonly scale: (value: number) => number;
    readonly onFall: (fall: Fall) => void;
  },
): LedgerCounter => {
  const held = new Map<string, Held>();
  const keyOf = (labels: Labels): string =>
    options.definition.labels.map((name) => labels[name]).join('\u0000');

  /** Keeps the larger of what was exported and what the ledger says now; true when the series changed. */
  const keep = (key: string, { labels, value: now }: Sample): boolean => {
    const known = held.get(key) ?? { labels, value: -1, falling: false };
    held.set(key, known);
    const falls = !(now >= Math.max(0, known.value));
    if (falls && !known.falling) {
      options.onFall({
        metric: `${PREFIX}${options.definition.name}`,
        labels,
        before: Math.max(0, known.value),
        now,
      });
    }
    known.falling = falls;
    if (falls || now === known.value) return false;
    known.value = now;
    return true;
  };

  return {
    set: (samples) => {
      const sums = new Map<string, Sample>();
      for (const { labels, value } of samples) {
        const key = keyOf(labels);
        sums.set(key, { labels, value: value + (sums.get(key)?.value ?? 0) });
      }
      let changed = false;
      for (const [key, sample] of sums) changed = keep(key, sample) || changed;
      if (!changed) return;
      counter.reset();
      for (const { labels, value } of held.values())
        if (value >= 0) counter.inc(labels, options.scale(value));
    },
  };
};
