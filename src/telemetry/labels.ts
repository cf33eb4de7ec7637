// Label values come from closed sets. A value outside its set becomes `other` and is counted, so that a fault, or a venue
// that invents words, can never flood the time-series database.

/** Returns the value itself when its set holds it, and `other` when not. */
export type LabelGuard = (value: string) => string;

const OTHER = 'other';

/** What may be learnt is one plain word, path or name; anything else is text that does not belong into a label. */
const PLAIN = /^[A-Za-z0-9_.:/{}*-]{1,80}$/;
/** How many strangers of one label are told apart when they are counted. */
const STRANGERS_MAX = 1000;

export interface LabelGuards {
  /** A set that is known beforehand. */
  readonly closed: (label: string, values: Iterable<string>) => LabelGuard;
  /** A set whose first `max` plain values are learnt as they come: zones, GPU types, reasons. */
  readonly learnt: (label: string, max: number, values?: Iterable<string>) => LabelGuard;
}

/** `onOverflow` is told once for each different value that was turned into `other`. */
export const labelGuards = (onOverflow: (label: string) => void): LabelGuards => {
  const guard = (label: string, values: Iterable<string>, max: number): LabelGuard => {
    // A set that is given stays the giver's: what is added to it later is known from then on.
    const known = values instanceof Set ? (values as Set<string>) : new Set(values);
    const strangers = new Set<string>();
    let free = Math.max(0, max);
    return (value) => {
      if (known.has(value)) return value;
      if (free > 0 && PLAIN.test(value)) {
        free -= 1;
        known.add(value);
        return value;
      }
      if (!strangers.has(value) && strangers.size < STRANGERS_MAX) {
        strangers.add(value);
        onOverflow(label);
      }
      return OTHER;
    };
  };
  return {
    closed: (label, values) => guard(label, values, 0),
    learnt: (label, max, values = []) => guard(label, values, max),
  };
};
