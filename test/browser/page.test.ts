// The status page in a real Chromium: readable by everybody, quick, safe, alive, and honest about what it does not know.
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Overview } from '../../src/domain/overview.ts';
import type { TickReport } from '../../src/domain/report.ts';
import { openFloor } from '../process/floor.ts';
import { killAll } from '../process/program.ts';
import { until } from '../process/until.ts';
import { describeWith } from '../support/programs.ts';
import { openStage, startBrowser, type Stage, type Tab, type TestBrowser } from './browser.ts';
import { NOW_MS, type WorldOptions } from './worlds.ts';

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };
const HOSTILE = '<img src=x onerror=alert(1)>';

const TROUBLE: WorldOptions = {
  fleets: 1,
  blind: [3.2, 2.1],
  last: (report) => ({
    paused: true,
    pause: { by: 'ada', why: 'a bill', atMs: NOW_MS - 3_000_000, drain: false, acknowledged: true },
    alarms: [
      { code: 'unknown_purchase', fleet: 'train', text: 'whether bk-1 was bought is not known yet' },
      { code: 'wrong_goods', fleet: null, text: 'bk-2 was delivered in another zone' },
    ],
    fleets: report.fleets.map((fleet) => ({ ...fleet, runningNodes: 1, unknownPurchases: 1 })),
  }),
};
const EMPTY: WorldOptions = {
  fleets: 1,
  hours: 0,
  last: (report) => ({
    market: [],
    nodes: [],
    budgets: [],
    fleets: report.fleets.map((fleet) => ({ ...fleet, runningNodes: 0, limit: null, states: [] })),
  }),
};
const LONG: WorldOptions = {
  names: [HOSTILE, 'a-fleet-whose-name-is-much-longer-than-anybody-would-call-reasonable-on-a-small-screen'],
  last: (report) => ({
    alarms: [{ code: 'wrong_goods', fleet: HOSTILE, text: `${HOSTILE} <script>alert(2)</script>` }],
    decisions: [{ ...NOTE, why: `The venue says ${HOSTILE}` }],
    fleets: report.fleets.map((fleet) => ({ ...fleet, wantedGpus: 80_000_000, wantedNodes: 10_000_000 })),
  }),
};
const NOTE: TickReport['decisions'][number] = {
  fleet: HOSTILE,
  action: 'none',
  zone: HOSTILE,
  name: HOSTILE,
  limit: null,
  refusedBy: null,
  reason: 'wait',
  why: '',
};

/** What axe finds, in words; empty when nothing. */
const violations = (page: Page): Promise<string[]> =>
  page.evaluate(`${axe.source}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap((one) => one.nodes.map((node) => one.id + ' ' + node.target + ' ' + node.failureSummary)))`);

const numbersOf = (text: string | null): number[] =>
  [...(text ?? '').matchAll(/\d[\d,]*(?:\.\d+)?/g)].map(([digits]) => Number(digits.replaceAll(',', '')));

describeWith(['chromium'], 'the status page in Chromium', (chromium) => {
  let browser: TestBrowser;
  const stages: Stage[] = [];
  const tabs: Tab[] = [];
  const look = async (world: WorldOptions, options?: Parameters<TestBrowser['open']>[1]): Promise<Tab> => {
    const stage = await openStage(world);
    stages.push(stage);
    const tab = await browser.open(stage.url, options);
    tabs.push(tab);
    return tab;
  };
  beforeAll(async () => {
    browser = await startBrowser(chromium);
  });
  afterAll(async () => {
    await Promise.all(tabs.map((tab) => tab.close()));
    await browser.close();
    await Promise.all(stages.map((stage) => stage.close()));
    await killAll();
  });

  test.each([
    ['everything wrong at once', TROUBLE, [DESK, PHONE]],
    ['thirty fleets', { fleets: 30 }, [DESK]],
    ['an empty ledger', EMPTY, [PHONE]],
  ] as const)('axe finds nothing, by light and in the dark: %s', async (_what, world, viewports) => {
    const { page, complaints } = await look(world);
    // What is folded away is judged too.
    for (const summary of await page.locator('.table summary').all()) await summary.click();
    for (const viewport of viewports) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        expect([viewport, colorScheme, await violations(page)]).toEqual([viewport, colorScheme, []]);
        const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
        expect(Math.max(...numbersOf(ground)) < 60).toBe(colorScheme === 'dark');
      }
    }
    expect(complaints).toEqual([]);
  });

  test('is worked by keyboard: fleets fold, charts are read instant by instant, times change their zone', async () => {
    const { page } = await look({ fleets: 2 });
    const fleet = page.locator('.fleet').first();
    const when = fleet.locator('.legend .when').first();
    await until('focus reaches the chart by Tab', async () => {
      await page.keyboard.press('Tab');
      return (await page.evaluate("document.activeElement === document.querySelector('.canvas')"))
        ? true
        : null;
    });
    expect((await when.textContent())?.trim()).toBe('now');
    await page.keyboard.press('Home');
    const first = await until('the first instant is told', async () => {
      const text = await when.textContent();
      return text?.trim() === 'now' ? null : text;
    });
    await page.keyboard.press('PageDown');
    await until('a later one is told', async () => ((await when.textContent()) === first ? null : true));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await fleet.locator('.table table').first().waitFor();
    await fleet.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    await fleet.locator('.body').waitFor({ state: 'detached' });
    const clock = page.locator('button.clock');
    expect(await clock.textContent()).toContain('UTC');
    await clock.focus();
    await page.keyboard.press('Enter');
    await until('the zone is remembered', async () =>
      (await page.evaluate("localStorage.getItem('bidkeeper-utc')")) === 'no' ? true : null,
    );
  });

  test('needs no more than 120 kB and 300 ms until everything is shown, a day of five fleets behind it', async () => {
    const stage = await openStage({ fleets: 5 });
    stages.push(stage);
    const took: number[] = [];
    let bytes = 0;
    let slower = 1;
    // The best of several views; others may be using the machine.
    for (let view = 0; view < 8 && !took.some((ms) => ms / slower < 300); view += 1) {
      slower = slowdown();
      const { page, close } = await browser.open(stage.url);
      await page.locator('.fleet .spark').first().waitFor({ state: 'attached' });
      const seen = await page.evaluate<{ shownMs: number; bytes: number }>(`({
        shownMs: performance.getEntriesByName('bidkeeper shown')[0]?.startTime ?? Infinity,
        bytes: performance.getEntries().reduce((sum, one) => sum + (one.transferSize ?? 0), 0),
      })`);
      took.push(seen.shownMs);
      bytes = seen.bytes;
      await close();
    }
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(120_000);
    expect(Math.min(...took) / slower).toBeLessThan(300);
  });

  test('a name, a reason or a message of the venue is text, whatever stands in it, and asks nobody else', async () => {
    const { page, complaints, asked } = await look(LONG);
    await page.locator('.canvas canvas').first().waitFor({ state: 'attached' });
    expect(await page.locator('img[src=x], main script').count()).toBe(0);
    expect(await page.locator('.warning').allTextContents()).toContainEqual(expect.stringContaining(HOSTILE));
    expect(await page.locator('.said').first().textContent()).toContain(HOSTILE);
    expect(new Set(asked.map((url) => new URL(url).origin)).size).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('asks for the read token where the daemon wants one, and shows everything once it is shown', async () => {
    const stage = await openStage({ fleets: 1 }, 'read-token-of-a-test');
    stages.push(stage);
    const tab = await browser.open(stage.url);
    tabs.push(tab);
    expect(await violations(tab.page)).toEqual([]);
    await tab.page.getByLabel('read token').fill('read-token-of-a-test');
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('[data-tile=gpus]').waitFor();
    expect(tab.page.url()).not.toContain('token');
  });

  test('fits every screen, however long names and numbers are', async () => {
    const { page } = await look(LONG);
    for (const width of [320, 390, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect([width, Math.max(0, over)]).toEqual([width, 0]);
    }
  });

  test(
    'shows what /v1/status says while the market moves, without a reload; says when the daemon is gone, and goes on with the next',
    { timeout: 240_000 },
    async () => {
      const ask = { path: [{ after: '0s', ask: '$1.00/gpu-hour' }] };
      const bid = { start: '$1.25/gpu-hour', step: '$0.10/gpu-hour', every: '5m', ceiling: '$2.00/gpu-hour' };
      const floor = await openFloor({
        market: { zones: [{ name: 'hayesvalley', nodes: 4, ask }] },
        daemon: {
          limits: { ceiling: '$3.00/gpu-hour', nodes: 8, budget: { day: '$5000' } },
          fleets: [{ name: 'train', gpu: 'h100', gpus: 16, zones: ['hayesvalley'], bid }],
        },
      });
      try {
        const program = await floor.start();
        await until('the first report', floor.status);
        const tab = await browser.open(floor.daemonUrl);
        tabs.push(tab);
        const { page } = tab;
        await page.evaluate('globalThis.sameDocument = true');
        /** Waits for an instant that page and daemon both show, then compares every number of the tiles. */
        const agreed = (met: (report: TickReport) => boolean): Promise<TickReport> =>
          until(
            'page and status agree',
            async () => {
              const report = await floor.status();
              if (report === null || !met(report)) return null;
              const shown = await shownBy(page);
              if (shown.atMs !== report.atMs) return null;
              expectSame(shown, report);
              return report;
            },
            { seen: () => tab.complaints.join('\n') },
          );
        const before = await agreed(({ fleets }) => fleets[0]?.runningNodes === 2);
        await floor.market.happen({ kind: 'set_ask', zone: 'hayesvalley', ask: 1200 });
        const after = await agreed(({ fleets }) => (fleets[0]?.limit ?? 0) >= 1200);
        expect(after.fleets[0]?.limit).not.toBe(before.fleets[0]?.limit);

        await program.kill();
        const alert = page.getByRole('alert');
        await alert.getByText('Lost contact').waitFor();
        expect(await page.title()).toContain('no contact');
        expect(await violations(page)).toEqual([]);
        await floor.start();
        await alert.getByText('Lost contact').waitFor({ state: 'detached' });
        await agreed(({ fleets }) => fleets[0]?.runningNodes === 2);
        const overview = (await (await fetch(`${floor.daemonUrl}/v1/overview`)).json()) as Overview;
        expect(overview.said.some((one) => one.kind === 'did' && one.action === 'create')).toBe(true);
        expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
        expect(await page.evaluate('performance.getEntriesByType("navigation").length')).toBe(1);
      } finally {
        await killAll();
        await floor.close();
      }
    },
  );
});

interface Shown {
  readonly atMs: number;
  readonly gpus: readonly number[];
  readonly rate: readonly number[];
  readonly facts: string;
}

const shownBy = async (page: Page): Promise<Shown> => {
  // Read at one instant, so that nothing is drawn anew in between.
  const [at, gpus, rate, facts] = await page.evaluate<readonly (string | null)[]>(`[
    document.querySelector('main').dataset.at,
    document.querySelector('[data-tile=gpus] .big').textContent,
    document.querySelector('[data-tile=rate] .big').textContent,
    document.querySelector('.facts').textContent,
  ]`);
  return { atMs: Number(at), gpus: numbersOf(gpus ?? ''), rate: numbersOf(rate ?? ''), facts: facts ?? '' };
};

const expectSame = (shown: Shown, { fleets: [fleet] }: TickReport): void => {
  expect(shown.gpus).toEqual([(fleet?.runningNodes ?? 0) * 8, fleet?.wantedGpus]);
  expect(shown.rate).toEqual([(fleet?.spendRate ?? 0) / 100]);
  if (fleet?.limit == null) expect(shown.facts).toContain('no bid stands');
  else expect(shown.facts).toContain(`our limit, GPU-hour $${(fleet.limit / 800).toFixed(2)} `);
};

/** How much longer work takes here now than on a free core: wall-clock time over processor time. */
const slowdown = (): number => {
  const from = process.cpuUsage();
  const started = performance.now();
  let sum = 0;
  while (process.cpuUsage(from).user < 60_000) for (let i = 0; i < 20_000; i += 1) sum += Math.sqrt(i);
  const used = process.cpuUsage(from);
  return sum < 0 ? 1 : (performance.now() - started) / ((used.user + used.system) / 1000);
};
