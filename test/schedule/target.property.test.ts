// The schedule against a minute-by-minute reading of the same zones by Intl.DateTimeFormat: ten years, twenty zones.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Schedule, ScheduleWindow } from '../../src/domain/policy.ts';
import { changesBetween, nextChange, wantedGpus } from '../../src/schedule/target.ts';
import { isTimeZone, zoneOf } from '../../src/schedule/zone.ts';
import { MINUTE, type PlainRule, oracleStarts, wallMs } from './oracle.ts';
import { FROM, TO, TWENTY_ZONES, printedSeed } from './zones.ts';

const DAY = 24 * 60 * MINUTE;
const seed = printedSeed('schedule');

/** Instants where something happens: the clock changes of every zone, leap days, year ends. */
const interesting: { readonly zone: string; readonly at: number }[] = TWENTY_ZONES.flatMap((zone) => {
  const found: { zone: string; at: number }[] = [];
  for (const at of ['2024-02-29', '2028-02-29', '2027-01-01', '2029-03-01'])
    found.push({ zone, at: Date.parse(at) });
  let at = FROM;
  while (at < TO) {
    const { toMs } = zoneOf(zone).stretchAt(at);
    if (toMs < TO) found.push({ zone, at: toMs });
    at = toMs;
  }
  return found;
});

const subset = (values: readonly number[], max: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max });
const upTo = (low: number, high: number): readonly number[] =>
  Array.from({ length: high - low + 1 }, (_, index) => low + index);

const rules: fc.Arbitrary<PlainRule> = fc.record({
  minutes: fc.oneof(fc.constant([0]), fc.constant([30]), subset(upTo(0, 59), 3)),
  hours: fc.oneof(subset(upTo(0, 4), 2), subset(upTo(0, 23), 4)),
  days: fc.oneof(fc.constant(null), subset(upTo(1, 28), 12), fc.constant([1, 28, 29])),
  weekdays: fc.oneof(fc.constant(null), subset(upTo(0, 6), 4)),
  months: fc.oneof(fc.constant(null), fc.constant(null), subset(upTo(1, 12), 8)),
});

const cronOf = (rule: PlainRule): string =>
  [rule.minutes, rule.hours, rule.days, rule.months, rule.weekdays]
    .map((set) => set?.join(',') ?? '*')
    .join(' ');

interface Case {
  readonly rule: PlainRule;
  readonly forMinutes: number;
  readonly leadMinutes: number;
  readonly gpus: number;
}

const cases: fc.Arbitrary<readonly Case[]> = fc.array(
  fc.record({
    rule: rules,
    forMinutes: fc.integer({ min: 1, max: 2000 }),
    leadMinutes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 180 })),
    gpus: fc.integer({ min: 0, max: 9 }).map((nodes) => nodes * 8),
  }),
  { minLength: 1, maxLength: 3 },
);

const places = fc.oneof(
  fc.constantFrom(...interesting),
  fc.record({ zone: fc.constantFrom(...TWENTY_ZONES), at: fc.integer({ min: FROM, max: TO }) }),
);

/** What is wanted in each minute of [from, to), from the oracle's starts alone. */
const oracleTargets = (
  list: readonly Case[],
  base: number,
  zone: string,
  from: number,
  to: number,
): number[] => {
  const starts = list.map(({ rule }) => oracleStarts(rule, zone, from - 2000 * MINUTE, to + 180 * MINUTE));
  const wanted: number[] = [];
  for (let at = from; at < to; at += MINUTE) {
    const inside: number[] = [];
    const ahead: number[] = [];
    for (const [index, { forMinutes, leadMinutes, gpus }] of list.entries()) {
      if (starts[index]?.some((start) => start <= at && at < start + forMinutes * MINUTE) === true)
        inside.push(gpus);
      if (starts[index]?.some((start) => start - leadMinutes * MINUTE <= at && at < start) === true)
        ahead.push(gpus);
    }
    wanted.push(Math.max(inside.length > 0 ? Math.max(...inside) : base, ...ahead));
  }
  return wanted;
};

const scheduleOf = (zone: string, base: number, list: readonly Case[]): Schedule => ({
  timeZone: zone,
  baseGpus: base,
  windows: list.map(({ rule, forMinutes, leadMinutes, gpus }): ScheduleWindow => ({
    from: cronOf(rule),
    forMs: forMinutes * MINUTE,
    leadMs: leadMinutes * MINUTE,
    gpus,
  })),
});

describe('a schedule over ten years and twenty zones', () => {
  test('wants, in every minute, what a wall clock read minute by minute says', () => {
    fc.assert(
      fc.property(cases, places, fc.integer({ min: 0, max: 4 }), (list, place, baseNodes) => {
        const from = Math.floor(place.at / MINUTE) * MINUTE - DAY / 2;
        const to = from + DAY;
        const schedule = scheduleOf(place.zone, baseNodes * 8, list);
        const wanted = oracleTargets(list, baseNodes * 8, place.zone, from, to);
        for (const [index, gpus] of wanted.entries()) {
          const at = from + index * MINUTE;
          if (wantedGpus(schedule, at) !== gpus || wantedGpus(schedule, at + 59_999) !== gpus) {
            expect.fail(
              `${place.zone} ${new Date(at).toISOString()}: ${wantedGpus(schedule, at)}, not ${gpus}`,
            );
          }
        }
      }),
      { seed, numRuns: 220 },
    );
  });

  test('names exactly the instants at which the target changes, and the same ones in any order of asking', () => {
    fc.assert(
      fc.property(cases, places, (list, place) => {
        const schedule = scheduleOf(place.zone, 16, list);
        const from = Math.floor(place.at / MINUTE) * MINUTE;
        const to = from + 2 * DAY;
        const changes = changesBetween(schedule, from, to);
        const stepped: { atMs: number; gpus: number }[] = [];
        for (let at = from + MINUTE; at <= to; at += MINUTE) {
          const gpus = wantedGpus(schedule, at);
          if (gpus !== wantedGpus(schedule, at - 1)) stepped.push({ atMs: at, gpus });
        }
        expect(changes).toEqual(stepped);
        const afresh = structuredClone(schedule);
        for (const change of changes.toReversed()) {
          expect(wantedGpus(afresh, change.atMs)).toBe(change.gpus);
          expect(nextChange(afresh, change.atMs - 1)).toBe(change.atMs);
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  test('reads the clock of every zone as Intl does, hour by hour and on both sides of every change', () => {
    for (const zone of TWENTY_ZONES) {
      const instants = interesting
        .filter((place) => place.zone === zone)
        .flatMap(({ at }) => [at - MINUTE, at]);
      for (let at = FROM; at < TO; at += 53 * 60 * MINUTE) instants.push(at);
      for (const at of instants) {
        const { fromMs, toMs, offsetMs } = zoneOf(zone).stretchAt(at);
        expect(fromMs <= at && at < toMs).toBe(true);
        if (at + offsetMs !== wallMs(zone, at)) expect.fail(`${zone} ${new Date(at).toISOString()}`);
      }
    }
    expect(TWENTY_ZONES.every(isTimeZone)).toBe(true);
  });
});
