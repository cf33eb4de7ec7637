// A shadow watches what the fleet watches. Beside a replay it must come to what a replay of its own comes to, where a fill costs the
// ask and quotes are fresh, which is what it assumes.
import { describe, expect, test } from 'vitest';
import { SHIPPED } from '../../src/backtest/policies.ts';
import { replay } from '../../src/backtest/replay.ts';
import { GAMES } from '../../src/backtest/score.ts';
import { LOOKS_PER_HOUR, OUTSIDE_CENTS } from '../../src/backtest/series.ts';
import { syntheticSeries } from '../../src/backtest/synthetic.ts';
import type { TickReport } from '../../src/domain/report.ts';

const DAYS = 4;
const NODES = 2;

/** The first days of a synthetic series, all of them counted. */
const series = syntheticSeries(5)
  .filter(({ family }) => family === 'jumps' || family === 'droughts')
  .map((one) => ({
    ...one,
    asks: one.asks.slice(0, DAYS * 24 * LOOKS_PER_HOUR + 1),
    scoredFrom: 0,
  }));

describe('a shadow beside a replay', () => {
  test.each(
    series.flatMap((one) =>
      GAMES.flatMap((game) =>
        (['follow', 'ladder'] as const).map((name) => [one.name, game, name, one] as const),
      ),
    ),
  )('%s, %s: the shadow of %s pays and gets what it would by itself', async (_, game, name, one) => {
    const at = { series: one, game, rule: 'clear', quoteAgeMs: 0, nodes: NODES, depthCents: 0 } as const;
    const alone = await replay({ ...at, bid: SHIPPED[name] });
    let last: TickReport | null = null;
    const other = name === 'follow' ? SHIPPED.ladder : SHIPPED.follow;
    await replay({
      ...at,
      bid: other,
      shadows: [SHIPPED[name]],
      listen: { onReport: (report) => void (last = report) },
    });
    const [shadow] = (last as TickReport | null)?.fleetTotals[0]?.shadows ?? [];
    const hours = (shadow?.nodeSeconds ?? 0) / 3600;
    const cents = (shadow?.cost ?? 0) / 3600;
    // The replay counts no hour beyond the series; a shadow has booked the one that it extended into.
    const beyond = game === 'hold' ? 1e-9 : NODES;
    expect(hours - alone.usefulHours).toBeGreaterThan(-1e-9);
    expect(hours - alone.usefulHours).toBeLessThanOrEqual(beyond);
    expect(cents - alone.paidCents).toBeGreaterThan(-1e-6);
    expect(cents - alone.paidCents).toBeLessThanOrEqual(beyond * OUTSIDE_CENTS);
    expect(alone.usefulHours).toBeGreaterThan(24);
  });
});
