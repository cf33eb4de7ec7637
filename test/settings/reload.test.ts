// What a reload takes over, what it refuses and why: settings are judged whole before any of it is in force.
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/settings/load.ts';
import { judgeReload, type ReloadVerdict } from '../../src/settings/reload.ts';

const BASE = {
  limits: { ceiling: '$4.00/gpu-hour', nodes: 64, budget: { day: '$9000' } },
  fleets: [
    { name: 'train', gpu: 'h100', gpus: 16, bid: { ceiling: '$2.00/gpu-hour' }, budget: { hour: '$50' } },
    { name: 'serve', gpu: 'h100', gpus: 8, bid: { ceiling: '$2.00/gpu-hour' } },
  ],
};
type Change = (settings: typeof BASE & Record<string, unknown>) => void;

const verdictOf = (
  change: Change,
  { acknowledged = false, living = 0 }: { acknowledged?: boolean; living?: number } = {},
): ReloadVerdict => {
  const next = structuredClone(BASE);
  change(next);
  const running = loadSettings({ text: JSON.stringify(BASE) });
  if (!running.ok) throw new Error('the base is refused');
  const loaded = loadSettings({ text: JSON.stringify(next) });
  return judgeReload({ running: running.settings, loaded, acknowledged, livingNodes: () => living });
};

test('the same settings in another order change nothing', () => {
  expect(verdictOf((next) => next.fleets.reverse())).toEqual({ kind: 'unchanged' });
});

test('targets, limits of fleets, new fleets and the pace are taken over, each changed key told with both values', () => {
  const verdict = verdictOf((next) => {
    Object.assign(next.fleets[0] ?? {}, { gpus: 32, bid: { ceiling: '$2.50/gpu-hour', every: '10m' } });
    next.fleets.push({ name: 'eval', gpu: 'h100', gpus: 8, bid: { ceiling: '$3.00/gpu-hour' } });
    next['on_stop'] = 'withdraw_waiting';
  });
  expect(verdict.kind).toBe('accepted');
  const { changes } = verdict as Extract<ReloadVerdict, { kind: 'accepted' }>;
  expect(changes).toEqual(
    expect.arrayContaining([
      'onStop: keep → withdraw_waiting',
      'fleets[train].schedule.baseGpus: 16 → 32',
      'fleets[train].bid.ceiling: $16.00/node-hour ($2.00/gpu-hour) → $20.00/node-hour ($2.50/gpu-hour)',
      'fleets[train].bid.everyMs: 5m → 10m',
      'fleets[eval].name: none → eval',
    ]),
  );
});

test.each<[string, Change]>([
  ['the hard ceiling', (next) => (next.limits.ceiling = '$5.00/gpu-hour')],
  ['the hard cap on nodes', (next) => (next.limits.nodes = 65)],
  ['the process budget', (next) => (next.limits.budget.day = '$9001')],
  ['the store', (next) => (next['store'] = 'sqlite:./other.db')],
  ['the address', (next) => (next['listen'] = '127.0.0.1:9999')],
  ['the mode', (next) => (next['mode'] = 'dry_run')],
  ['the prefix of names', (next) => (next['name_prefix'] = 'other')],
  ['the venue', (next) => (next['venue'] = { kind: 'sfcompute', base_url: 'http://127.0.0.1:1' })],
])('%s does not reload, acknowledged or not, and takes nothing else with it', (_, change) => {
  const both: Change = (next) => {
    change(next);
    Object.assign(next.fleets[0] ?? {}, { gpus: 24 });
  };
  expect(verdictOf(both, { acknowledged: true })).toMatchObject({
    kind: 'refused',
    code: 'E_SETTINGS_RESTART',
    problems: expect.arrayContaining([expect.stringMatching(/is read at the start only/)]),
  });
});

test.each<[string, Change, number, RegExp]>([
  ['a ceiling', (next) => Object.assign(next.fleets[0]?.bid ?? {}, { ceiling: '$4.00/gpu-hour' }), 0, /^$/],
  [
    'a budget that rises to more than twice its value',
    (next) => Object.assign(next.fleets[0]?.budget ?? {}, { hour: '$100.01' }),
    0,
    /fleets\[train\]\.budget\.hour rises to more than twice its value: \$50\.00 → \$100\.01/,
  ],
  [
    'a budget that goes',
    (next) => Object.assign(next.fleets[0] ?? {}, { budget: { day: '$1000' } }),
    0,
    /fleets\[train\]\.budget\.hour: the limit \$50\.00 goes/,
  ],
  [
    'a fleet that goes while nodes of it live',
    (next) => next.fleets.pop(),
    3,
    /fleet serve goes while 3 nodes/,
  ],
])('%s is taken over only when somebody acknowledges it', (_, change, living, why) => {
  const verdict = verdictOf(change, { living });
  if (why.source === '^$') expect(verdict.kind).toBe('accepted');
  else
    expect(verdict).toMatchObject({
      kind: 'refused',
      code: 'E_SETTINGS_ACKNOWLEDGE',
      problems: [expect.stringMatching(why)],
    });
  expect(verdictOf(change, { living, acknowledged: true }).kind).toBe('accepted');
});

test('settings that are refused at a start are refused here with the same words', () => {
  expect(verdictOf((next) => Object.assign(next.fleets[0] ?? {}, { gpus: 12 }))).toMatchObject({
    kind: 'refused',
    code: 'E_SETTINGS_GPUS',
    problems: [expect.stringMatching(/^<text>:1:\d+ E_SETTINGS_GPUS/)],
    changes: [],
  });
});
