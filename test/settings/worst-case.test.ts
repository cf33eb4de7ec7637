import { describe, expect, test } from 'vitest';
import { formatTargets, formatWorstCase, worstCase } from '../../src/settings/worst-case.ts';
import { NOW, accepted, settingsText } from './given.ts';

const FLEET = 'schedule: [{ from: "30 20 * * *", for: 2h, gpus: 128, lead: 15m }]';
const HOUR = 3_600_000;

describe('the worst case', () => {
  test('is the ceiling times the nodes wanted in every clock hour they touch', () => {
    const { fleets, process } = worstCase(accepted(settingsText('', FLEET)), NOW);
    // 8 nodes for 21 hours and 16 for the three clock hours 20, 21 and 22, at $16 each.
    const day = (8 * 21 + 16 * 3) * 1600;
    expect(fleets).toEqual([{ fleet: 'train', hour: 16 * 1600, day, month: 31 * day }]);
    expect(process).toEqual({ hour: 16 * 1600, day, month: 31 * day });
  });

  test('is capped by the budgets of the fleet and of the process', () => {
    const limited = worstCase(
      accepted(
        settingsText(
          'limits: { budget: { day: $2500, month: $30000 } }',
          `${FLEET}\n    budget: { hour: $200, day: $2600 }`,
        ),
      ),
      NOW,
    );
    expect(limited.fleets[0]).toEqual({ fleet: 'train', hour: 20_000, day: 260_000, month: 31 * 260_000 });
    expect(limited.process).toEqual({ hour: 20_000, day: 250_000, month: 3_000_000 });
  });

  test('counts the surge, and nothing where nothing is wanted', () => {
    const surge = worstCase(accepted(settingsText('surge_nodes: 1')), NOW);
    expect(surge.process.hour).toBe(9 * 1600);
    expect(
      worstCase(
        accepted(
          'fleets:\n  - { name: a, gpu: h100, gpus: 0, surge_nodes: 3, bid: { ceiling: $2.00/gpu-hour } }\n',
        ),
        NOW,
      ).process,
    ).toEqual({ hour: 0, day: 0, month: 0 });
  });
});

describe('the next 24 hours of targets', () => {
  test("begin with what is wanted now and name every change, in the fleet's own time too", () => {
    const settings = accepted(settingsText('', `timezone: America/Los_Angeles\n    ${FLEET}`));
    const worst = worstCase(settings, NOW);
    expect(worst.targets.map(({ atMs, gpus, nodes }) => [(atMs - NOW) / HOUR, gpus, nodes])).toEqual([
      [0, 64, 8],
      [16.25, 128, 16],
      [18.5, 64, 8],
    ]);
    expect(formatTargets(settings, worst)).toContain(
      '2026-11-24T04:15:00Z  2026-11-23 20:15 America/Los_Angeles  train  128   16',
    );
    expect(formatWorstCase(worst)).toMatch(/^worst case +an hour +next 24 h +next 31 days\ntrain +\$256\.00/);
  });
});
