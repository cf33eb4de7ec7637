// `bidkeeper recording` on the command line: what is shown, where an export goes, what an import is told.
import { describe, expect, test } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts';
import { createStory } from '../support/story.ts';
import { runIn } from './fake-shop.ts';

describe('bidkeeper recording', () => {
  test('shows what was asked, since when and with which gaps; `show` is what it does without a word.', async () => {
    for (const line of [['recording'], ['recording', 'show', '--config', 'x.yaml']]) {
      const { exit, out } = await runIn({}, ...line);
      expect(exit).toBe(EXIT.ok);
      expect(out).toBe(
        '/r.db, 1.0 MiB; the venue lists hayesvalley\n  hayesvalley (h100, bids): 9 quotes from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z, 2 with nothing for sale, longest gap 1m\n',
      );
    }
    const { out } = await runIn({}, 'recording', '--json');
    expect(JSON.parse(out)).toMatchObject({ path: '/r.db', questions: [{ quotes: 9 }] });
  });

  test('exports with the highest ceiling of a fleet as outside price, or the one that is given, and the fills beside.', async () => {
    const story = createStory();
    story.running(0);
    const { called, files, out } = await runIn({ records: story.records }, 'recording', 'export', 'to');
    expect(called).toContain('export to 1600 null');
    expect(files.get('fills.csv')).toContain(',train,hayesvalley,h100,autoreserved,bk-ab12-train-0-g1,fill,');
    expect(out).toContain('bidkeeper backtest --data to');
    expect(out).toContain('shorter than a day: richmond');
    const other = await runIn({}, 'recording', 'export', 'to', '--outside', '$2.00/gpu-hour');
    expect(other.called).toContain('export to 1600 1600');
    expect(other.files.size).toBe(0);
  });

  test('copies into one SQLite file.', async () => {
    expect((await runIn({}, 'recording', 'export', 'a.db', '--form', 'sqlite')).called).toContain(
      'copy a.db',
    );
  });

  test('imports into the zone and GPU type that are given.', async () => {
    const line = ['recording', 'import', 'a.csv', 'b.csv.gz', '--gpu', 'h100', '--zone', 'z', '--blocks'];
    const { called, out } = await runIn({}, ...line);
    expect(called.at(-1)).toBe(
      'import {"files":["a.csv","b.csv.gz"],"gpu":"h100","zone":"z","hold":"reserved"}',
    );
    expect(out).toContain('b.csv.gz: 2 of 3 rows are new');
  });

  test('refuses what is misspelt, and says by its exit code what was wrong.', async () => {
    for (const line of [
      ['export'],
      ['export', 'x', '--outside', '12'],
      ['import'],
      ['import', 'a', '--gpu', 'H 100'],
    ]) {
      expect((await runIn({}, 'recording', ...line)).exit).toBe(EXIT.usage);
    }
    expect(exitCodeOf('E_RECORDING_MISSING')).toBe(EXIT.data);
    expect(exitCodeOf('E_RECORDING_WRITE')).toBe(EXIT.ledger);
    expect(exitCodeOf('E_RECORDING_OFF')).toBe(EXIT.settings);
  });
});
