// Staged actions of budgets in the settings: what they become, and every way in which they are refused, at the exact place.
import { describe, expect, test } from 'vitest';
import { explain } from '../../src/settings/explain.ts';
import { accepted, brief, refusals, settingsText } from './given.ts';

const STAGES = 'stages: { notify: 80%, stop_raising: 90%, stop_buying: 95%, let_end: 97.5%, release: 100% }';
const withStages = (stages: string): string => settingsText('', `budget: { day: $9, ${stages} }`);

describe('staged actions', () => {
  test('are read as shares, for a fleet and for the process, and shown by `check`', () => {
    const settings = accepted(
      settingsText(
        `limits: { budget: { month: $900, ${STAGES} } }`,
        `budget: { day: $9, stages: { notify: 50% } }`,
      ),
    );
    expect(settings.policy.fleets[0]?.budgetStages).toEqual({ notify: 5000 });
    expect(settings.policy.limits.budgetStages).toEqual({
      notify: 8000,
      stop_raising: 9000,
      stop_buying: 9500,
      let_end: 9750,
      release: 10_000,
    });
    expect(explain(settings)).toContain(`{ month: $900.00, ${STAGES} }`);
    expect(accepted(settingsText('', 'budget: { day: $9 }')).policy.fleets[0]).not.toHaveProperty(
      'budgetStages',
    );
  });

  test('may share a share, because each includes the ones before', () => {
    expect(brief(withStages('stages: { stop_buying: 90%, let_end: 90% }'))).toEqual([]);
  });

  test.each([
    ['stages: { stop_buying: 90%, let_end: 80% }', '6:61 E_SETTINGS_STAGES 80%'],
    ['stages: { release: 50%, notify: 80% }', '6:43 E_SETTINGS_STAGES 50%'],
    ['stages: { notify: 100.01% }', '6:42 E_SETTINGS_SHARE 100.01%'],
    ['stages: { notify: 0% }', '6:42 E_SETTINGS_SHARE 0%'],
    ['stages: { notify: 0.8 }', '6:42 E_SETTINGS_SHARE 0.8'],
    ['stages: { notify: -5% }', '6:42 E_SETTINGS_SHARE -5%'],
    ['stages: { stop_bying: 90%, notify: 5% }', '6:34 E_SETTINGS_UNKNOWN_KEY stop_bying'],
    ['stages: {}', '6:24 E_SETTINGS_STAGES –'],
    ['stages: 80%', '6:32 E_SETTINGS_TYPE 80%'],
    ['stages:', '6:24 E_SETTINGS_TYPE –'],
  ])('%s is refused at its place', (stages, problem) => {
    expect(brief(withStages(stages))).toEqual([problem]);
  });

  test('without a sum limit nothing', () => {
    expect(brief(settingsText('', 'budget: { stages: { notify: 50% } }'))).toEqual([
      '6:5 E_SETTINGS_BUDGET –',
    ]);
  });

  test('of an hour alone are refused: all of an hour is bought at its start', () => {
    expect(brief(settingsText('', 'budget: { hour: $9, stages: { notify: 50% } }'))).toEqual([
      '6:25 E_SETTINGS_STAGES –',
    ]);
  });

  test('out of order say which one comes too early', () => {
    expect(refusals(withStages('stages: { stop_raising: 90%, stop_buying: 80% }'))[0]).toMatchObject({
      reason: 'stop_buying (80%) would come before stop_raising (90%), which it includes',
      remedy: 'Write 90% or more, or lower stop_raising',
    });
    expect(refusals(withStages('stages: { stop_bying: 90%, notify: 5% }'))[0]?.remedy).toBe(
      'Did you mean stop_buying?',
    );
  });
});

describe('pacing', () => {
  test('names one of the periods that have a sum', () => {
    expect(
      accepted(settingsText('', 'budget: { month: $900, pacing: month }')).policy.fleets[0]?.pacing,
    ).toBe('month');
    expect(brief(settingsText('', 'budget: { month: $900, pacing: day }'))).toEqual([
      '6:36 E_SETTINGS_PACING day',
    ]);
    expect(brief(settingsText('', 'budget: { hour: $9, pacing: hour }'))).toEqual([
      '6:33 E_SETTINGS_VALUE hour',
    ]);
    expect(brief(settingsText('limits: { budget: { week: $9, pacing: true } }'))).toEqual([
      '1:39 E_SETTINGS_VALUE true',
    ]);
    expect(explain(accepted(settingsText('', 'budget: { week: $9, pacing: week }')))).toContain(
      'budget: { week: $9.00, pacing: week }',
    );
  });
});
