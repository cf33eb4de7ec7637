// `bidkeeper backtest` on the command line: what it is asked for, what is refused, where its answer goes.
import { describe, expect, test } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts';
import { runIn } from './fake-shop.ts';

const asked = (called: readonly string[]): unknown => {
  const line = called.find((one) => one.startsWith('backtest '));
  return line === undefined ? null : JSON.parse(line.slice('backtest '.length));
};

describe('bidkeeper backtest', () => {
  test('Without files it plays synthetic series and prints a table; it reads no settings.', async () => {
    const { exit, out, called } = await runIn({}, 'backtest');
    expect({ exit, out }).toEqual({ exit: 0, out: 'the table\n' });
    expect(asked(called)).toMatchObject({ files: [], folder: null, nodes: 1, depthCents: 0, seed: 1 });
    expect(called.some((one) => one.startsWith('load'))).toBe(false);
  });

  test('Files come with the price of a node-hour elsewhere, in either unit.', async () => {
    for (const price of ['$21.52/node-hour', '$2.69/gpu-hour']) {
      const { exit, called } = await runIn(
        {},
        'backtest',
        'a.csv.gz',
        '--outside',
        price,
        '--available',
        'b.csv',
        '--nodes',
        '4',
      );
      expect(exit).toBe(0);
      expect(asked(called)).toMatchObject({
        files: ['a.csv.gz'],
        availability: 'b.csv',
        outsideCents: 2152,
        nodes: 4,
      });
    }
  });

  test('A bare number, no price at all, and a price beside a folder are refused as misuse.', async () => {
    for (const line of [
      ['a.csv'],
      ['a.csv', '--outside', '21.52'],
      ['a.csv', '--outside', '$0/node-hour'],
      ['--data', 'd', '--outside', '$1/node-hour'],
      ['--nodes', '0'],
      ['--depth', '1.5'],
    ]) {
      const { exit, called } = await runIn({}, 'backtest', ...line);
      expect(exit).toBe(EXIT.usage);
      expect(asked(called)).toBeNull();
    }
  });

  test('--json prints JSON alone, --html writes the page.', async () => {
    const json = await runIn({}, 'backtest', '--json', '--html', 'page.html');
    expect(JSON.parse(json.out)).toEqual({ rows: [] });
    expect(json.files.get('page.html')).toBe('<!doctype html>');
    const text = await runIn({}, 'backtest', '--html', 'page.html');
    expect(text.out).toContain('page.html');
  });

  test('A history that cannot be used has an exit code of its own.', () => {
    expect(exitCodeOf('E_BACKTEST_DATA')).toBe(EXIT.data);
  });
});
