// A value that changes by steps, kept for a span: at most one step a slot, equal neighbours are one.
import type { DurationMs, UnixMs } from '../domain/time.ts';

/** Values are compared as JSON, so they are plain and small. */
export class StepLine<Value> {
  readonly atMs: UnixMs[] = [];
  readonly values: Value[] = [];
  readonly #slotMs: DurationMs;
  readonly #spanMs: DurationMs;

  constructor(slotMs: DurationMs, spanMs: DurationMs) {
    this.#slotMs = slotMs;
    this.#spanMs = spanMs;
  }

  /** From `atMs` on it is `value`. An instant before the last one is passed over; with `keepEqual` equal values stay apart. */
  put(atMs: UnixMs, value: Value, { keepEqual = false } = {}): void {
    const last = this.atMs.at(-1);
    if (last !== undefined && (atMs < last || (!keepEqual && same(this.values.at(-1), value)))) return;
    if (last !== undefined && this.#slotOf(last) === this.#slotOf(atMs)) this.#dropLast();
    if (keepEqual || this.atMs.length === 0 || !same(this.values.at(-1), value)) {
      this.atMs.push(atMs);
      this.values.push(value);
    }
    this.trim(atMs);
  }

  cutAfter(atMs: UnixMs): void {
    while ((this.atMs.at(-1) ?? -Infinity) > atMs) this.#dropLast();
  }

  #slotOf(atMs: UnixMs): number {
    return Math.floor(atMs / this.#slotMs);
  }

  #dropLast(): void {
    this.atMs.pop();
    this.values.pop();
  }

  /** Forgets what is older than the span; the step that holds at its beginning stays. */
  trim(nowMs: UnixMs): void {
    const fromMs = nowMs - this.#spanMs;
    let gone = 0;
    while ((this.atMs[gone + 1] ?? Infinity) <= fromMs) gone += 1;
    if (gone === 0) return;
    this.atMs.splice(0, gone);
    this.values.splice(0, gone);
  }
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
