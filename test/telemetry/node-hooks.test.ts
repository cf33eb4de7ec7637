// Hooks that tell a scheduler of a node's coming end: when, how often, and that a hanging one holds up nothing.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { NodeReport } from '../../src/domain/report.ts';
import { createNodeHooks, type HookOutcome, type HookSettings } from '../../src/telemetry/node-hooks.ts';
import { reportOf } from './reports.ts';

const AT = reportOf(['train']).atMs;
const MINUTE = 60_000;
const node = (change: Partial<NodeReport> = {}): NodeReport => ({
  name: 'bk-ab12-train-0-g1',
  nodeId: 'n_1',
  fleet: 'train',
  zone: 'hayesvalley',
  hold: 'autoreserved',
  state: 'releasing',
  limit: 1600 as NodeReport['limit'],
  endAtMs: AT + 20 * MINUTE,
  ...change,
});

const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-hooks-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (settings: Partial<HookSettings>) => {
  const outcomes: HookOutcome[] = [];
  const warnings: string[] = [];
  const hooks = createNodeHooks({
    settings: { command: null, url: null, leadMs: 10 * MINUTE, timeoutMs: 20_000, ...settings },
    note: (outcome) => void outcomes.push(outcome),
    warn: (text) => void warnings.push(text),
  });
  const see = (...nodes: readonly NodeReport[]): void => hooks.record({ ...reportOf(['train']), nodes });
  const settled = (count: number) =>
    vi.waitFor(() => expect(outcomes).toHaveLength(count), { timeout: 20_000 });
  return { hooks, see, outcomes, warnings, settled };
};

test('a node that is let go is told once, with its end, to a command that sees no secret of the daemon', async () => {
  const file = join(folder, 'said');
  process.env['SECRET_OF_THE_DAEMON'] = 'sk-hook-0815';
  const { see, outcomes, settled, hooks } = open({
    command: ['/bin/sh', '-c', `env >> ${file}; echo "$@" >> ${file}`, 'x', 'a b'],
  });
  see(node({ state: 'running' }), node({ name: 'other', nodeId: null }));
  see(node());
  see(node());
  await settled(1);
  const said = readFileSync(file, 'utf8');
  expect(said).toContain('BIDKEEPER_EVENT=releasing\n');
  expect(said).toContain('BIDKEEPER_NODE=bk-ab12-train-0-g1\n');
  expect(said).toContain('BIDKEEPER_NODE_ID=n_1\n');
  expect(said).toMatch(/BIDKEEPER_ENDS_AT=2\d{3}-\d\d-\d\dT[\d:]+Z\n/);
  expect(said).toContain('a b');
  expect(said).not.toContain('sk-hook-0815');
  expect(outcomes).toEqual(['ok']);
  await hooks.close();
});

test('a block is told when its end comes near, and again when it was extended and the next end does', async () => {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request
      .on('data', (chunk) => (text += chunk))
      .on('end', () => {
        bodies.push(JSON.parse(text));
        response.writeHead(bodies.length === 2 ? 500 : 200).end();
      });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/drain`;
  const { see, outcomes, settled, warnings, hooks } = open({ url });
  const block = { hold: 'reserved', state: 'running' } as const;
  see(node({ ...block, endAtMs: AT + 11 * MINUTE }));
  see(node({ ...block, endAtMs: AT + 10 * MINUTE }));
  await settled(1);
  expect(bodies).toMatchObject([{ event: 'expiring', node: 'bk-ab12-train-0-g1', fleet: 'train' }]);
  see(node({ ...block, endAtMs: AT + 9 * MINUTE }));
  await settled(2);
  expect(outcomes).toEqual(['ok', 'failed']);
  expect(warnings).toEqual(['the hook for bk-ab12-train-0-g1 (expiring) was answered 500']);
  await hooks.close();
  server.close();
});

test('a hanging command is ended at its time, holds up neither the tick nor the next one, and ends with the daemon', async () => {
  const { see, outcomes, settled, warnings, hooks } = open({
    command: ['/bin/sleep', '600'],
    timeoutMs: 200,
  });
  see(
    ...Array.from({ length: 6 }, (_, index) =>
      node({ name: `bk-ab12-train-${index}-g1`, nodeId: `n_${index}` }),
    ),
  );
  await settled(6);
  expect(new Set(outcomes)).toEqual(new Set(['timeout']));
  expect(warnings[0]).toMatch(/took longer than 0\.2 s and was ended/);
  const missing = open({ command: ['/no/such/program'] });
  missing.see(node());
  await missing.settled(1);
  expect(missing.warnings[0]).toMatch(/could not be run/);
  const hanging = open({ command: ['/bin/sleep', '600'] });
  hanging.see(node());
  await hanging.hooks.close();
  expect(hanging.outcomes).toEqual(['failed']);
  await hooks.close();
});
