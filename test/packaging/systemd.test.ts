// The systemd unit as systemd itself judges it, and the daemon as systemd hears it: by the real systemd-notify.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { tellServiceManager } from '../../src/telemetry/service-manager.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { describeWith } from '../support/programs.ts';

const unit = join(import.meta.dirname, '../../config/systemd/bidkeeper.service');
const MOST_EXPOSED = 2;

test('the unit stops restarting where a restart cannot help', () => {
  const [, codes = ''] = /^RestartPreventExitStatus=(.*)$/m.exec(readFileSync(unit, 'utf8')) ?? [];
  expect(codes.split(' ').map(Number)).toEqual([EXIT.usage, EXIT.held, EXIT.settings]);
});

describeWith(['systemd-analyze'], 'the systemd unit', (analyze) => {
  test(`exposes at most ${MOST_EXPOSED}.0 of 10 by systemd's own measure`, () => {
    const { stdout } = spawnSync(analyze, ['security', '--offline=true', '--no-pager', unit], {
      encoding: 'utf8',
    });
    const [, level] = /Overall exposure level for bidkeeper\.service: (\d+\.\d+)/.exec(stdout) ?? [];
    expect(Number(level)).toBeGreaterThan(0);
    expect(Number(level)).toBeLessThanOrEqual(MOST_EXPOSED);
  });

  test('has no key that systemd does not know', () => {
    const { stderr } = spawnSync(analyze, ['verify', '--man=no', unit], { encoding: 'utf8' });
    expect(
      stderr.split('\n').filter((line) => /Unknown|Invalid|Failed to parse|ignoring/i.test(line)),
    ).toEqual([]);
  });
});

/** Waits until a count stood still for some reports of the watchdog; what was on its way still comes. */
const untilSilent = (count: () => number): Promise<void> => {
  let before = -1;
  return vi.waitFor(
    () => {
      const now = count();
      const same = now === before;
      before = now;
      expect(same).toBe(true);
    },
    { timeout: 20_000, interval: 500 },
  );
};

/** Prints each message that comes to the socket named, one line each. */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;

describeWith(['systemd-notify', 'python3'], 'the service manager', (_notify, python) => {
  test('hears that the daemon is ready, that it lives as long as it does, and that it stops', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-systemd-'));
    const socket = join(folder, 'notify');
    const listener = spawn(python, ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    const heard: string[] = [];
    listener.stdout.setEncoding('utf8').on('data', (text: string) => heard.push(...text.trim().split('\n')));
    const hears = (wanted: string, count = 1): Promise<void> =>
      vi.waitFor(() => expect(heard.filter((one) => one === wanted).length).toBeGreaterThanOrEqual(count), {
        timeout: 20_000,
        interval: 20,
      });
    vi.stubEnv('NOTIFY_SOCKET', socket);
    try {
      await hears('listening');
      let health = { alive: true, ready: false };
      const warn = vi.fn<(text: string) => void>();
      const manager = tellServiceManager({
        environment: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '100000' },
        health: () => health,
        warn,
      });
      health = { alive: true, ready: true };
      await hears('READY=1');
      await hears('WATCHDOG=1', 2);
      health = { alive: false, ready: false };
      await untilSilent(() => heard.length);
      manager.stop();
      await hears('STOPPING=1');
      expect(warn).not.toHaveBeenCalled();
      expect(heard.indexOf('READY=1')).toBeLessThan(heard.indexOf('WATCHDOG=1'));
    } finally {
      vi.unstubAllEnvs();
      listener.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test('without systemd nothing is started; without systemd-notify that is said once', async () => {
  const warn = vi.fn<(text: string) => void>();
  const health = () => ({ alive: true, ready: true });
  tellServiceManager({ environment: {}, health, warn }).stop();
  vi.stubEnv('PATH', '/nowhere');
  try {
    const environment = { NOTIFY_SOCKET: '/nowhere/socket', WATCHDOG_USEC: '20000' };
    const manager = tellServiceManager({ environment, health, warn });
    await vi.waitFor(() => expect(warn).toHaveBeenCalled(), { timeout: 20_000 });
    manager.stop();
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('systemd-notify does not work here (ENOENT)')],
    ]);
  } finally {
    vi.unstubAllEnvs();
  }
});
