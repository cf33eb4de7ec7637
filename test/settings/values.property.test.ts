import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readDuration,
  readMoney,
  readPlusShare,
  readPrice,
  readShare,
  writeDuration,
  writeShare,
} from '../../src/settings/values.ts';
import { printedSeed } from '../schedule/zones.ts';

const seed = printedSeed('values');
const valueOf = (read: ReturnType<typeof readPrice | typeof readMoney>): number | string =>
  read.ok ? read.value : read.reason;

describe('money and prices', () => {
  test('$1.10 is 110 cents and $2.00/gpu-hour on 8 GPUs is 1600 cents per node-hour', () => {
    expect(valueOf(readMoney('$1.10'))).toBe(110);
    expect(valueOf(readMoney('$1.1'))).toBe(110);
    expect(valueOf(readPrice('$2.00/gpu-hour'))).toBe(1600);
    expect(valueOf(readPrice('$1.10/gpu-hour'))).toBe(880);
    expect(valueOf(readPrice('$16.00/node-hour'))).toBe(1600);
    expect(valueOf(readPrice('$0.00125/gpu-hour'))).toBe(1);
  });

  test('are read exactly, whatever the digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 124_999 }), fc.integer({ min: 0, max: 99 }), (dollars, cents) => {
        const text = `$${dollars}.${String(cents).padStart(2, '0')}`;
        const exact = Number(BigInt(dollars) * 100n + BigInt(cents));
        expect(valueOf(readMoney(text))).toBe(exact);
        if (exact <= 1_000_000) expect(valueOf(readPrice(`${text}/node-hour`))).toBe(exact);
        if (exact <= 125_000) expect(valueOf(readPrice(`${text}/gpu-hour`))).toBe(exact * 8);
      }),
      { seed, numRuns: 3000 },
    );
  });

  test('that are no whole cent are refused, never rounded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), (tenThousandths) => {
        const text = `$${Math.floor(tenThousandths / 10_000)}.${String(tenThousandths % 10_000).padStart(4, '0')}`;
        expect(readMoney(text).ok).toBe(tenThousandths % 100 === 0);
        expect(readPrice(`${text}/node-hour`).ok).toBe(tenThousandths % 100 === 0);
        expect(readPrice(`${text}/gpu-hour`).ok).toBe(
          (tenThousandths * 8) % 100 === 0 && tenThousandths <= 12_500_000,
        );
      }),
      { seed, numRuns: 3000 },
    );
  });

  test.each([
    '2.00',
    '2',
    '$2.00',
    '$-2.00/gpu-hour',
    '-$2.00/gpu-hour',
    '+$2.00/gpu-hour',
    '$2,000.00/gpu-hour',
    '$02.00/gpu-hour',
    '$2.00/hour',
    '$2.00/gpu-hr',
    '$2.00 / gpu-hour',
    '$2./gpu-hour',
    '$.50/gpu-hour',
    '$1e3/gpu-hour',
    '$NaN/gpu-hour',
    '$Infinity/gpu-hour',
    '€2.00/gpu-hour',
    '$9007199254740993/node-hour',
    '$2.00/GPU-hour',
    '',
  ])('the price "%s" is refused with the unit it should have', (text) => {
    expect(readPrice(text)).toMatchObject({
      ok: false,
      code: 'E_SETTINGS_PRICE',
      remedy: expect.stringContaining('/gpu-hour'),
    });
  });

  test.each([
    '500',
    '-$5',
    '$-5',
    '+$5',
    '$5,000',
    '$1_000',
    '$1.001',
    '$99999999999999999999',
    '$',
    '$5/day',
    '5$',
  ])('the sum "%s" is refused', (text) => {
    expect(readMoney(text)).toMatchObject({ ok: false, code: 'E_SETTINGS_MONEY' });
  });
});

describe('shares and durations', () => {
  test('are read exactly and written back as they were', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_999_999 }),
        fc.integer({ min: 0, max: 366 * 86_400 - 1 }),
        (share, seconds) => {
          expect(readShare(writeShare(share))).toEqual({ ok: true, value: share });
          expect(readPlusShare(`+${writeShare(share)}`)).toEqual({ ok: true, value: share });
          expect(readDuration(writeDuration(seconds * 1000))).toEqual({ ok: true, value: seconds * 1000 });
        },
      ),
      { seed, numRuns: 2000 },
    );
  });

  test('90s, 5m, 1h and 1h30m are what they say', () => {
    expect(['90s', '5m', '1h', '1h30m', '0s'].map((text) => readDuration(text))).toEqual(
      [90, 300, 3600, 5400, 0].map((seconds) => ({ ok: true, value: seconds * 1000 })),
    );
  });

  test.each([
    '90',
    '5',
    '1d',
    '1.5h',
    '-5m',
    '+5m',
    '5m1h',
    '5 m',
    'm',
    '',
    '1h1h',
    '99999h',
    'five minutes',
    'P1D',
  ])('the duration "%s" is refused', (text) => {
    expect(readDuration(text)).toMatchObject({ ok: false, code: 'E_SETTINGS_DURATION' });
  });

  test.each(['5', '-5%', '+5%', '5 %', '5.001%', '.5%', '5%%', '05%', '%'])(
    'the share "%s" is refused',
    (text) => {
      expect(readShare(text)).toMatchObject({ ok: false, code: 'E_SETTINGS_SHARE' });
    },
  );

  test('what is put on top of a quote carries its plus sign', () => {
    expect(readPlusShare('2%').ok).toBe(false);
    expect(readPlusShare('-2%')).toMatchObject({ ok: false, reason: expect.stringContaining('never fills') });
  });
});
