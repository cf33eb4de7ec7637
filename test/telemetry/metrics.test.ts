// What a Prometheus sees of bidkeeper.
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/entry.ts';
import { centSeconds } from '../../src/domain/money.ts';
import type { TickReport } from '../../src/domain/report.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { Metrics, MetricsOptions } from '../../src/telemetry/metrics.ts';
import { parseScrape, valueOf } from './exposition.ts';
import type { Family } from './exposition.ts';
import { AT_MS, configured, fleetReport, fleetTotals, reportOf, zoneTotals } from './reports.ts';

const fallen: string[] = [];
const make = (options: Partial<MetricsOptions> = {}): Metrics =>
  createMetrics({
    version: '0.1.0',
    commit: 'abc',
    fleets: [configured('train'), configured('infer', ['hayesvalley', 'mission'])],
    onContradiction: (text) => fallen.push(text),
    ...options,
  });

const scrape = async (metrics: Metrics, accept = 'text/plain'): Promise<Map<string, Family>> => {
  const { status, body } = await metrics.scrape(accept);
  expect(status).toBe(200);
  return parseScrape(body);
};

const recorded = (report: TickReport, options: Partial<MetricsOptions> = {}): Metrics => {
  const metrics = make(options);
  metrics.record(report);
  return metrics;
};

describe('the first scrape', () => {
  it('is refused with 503 until a tick has brought the totals of the ledger', async () => {
    const metrics = make();
    expect(await metrics.scrape()).toMatchObject({ status: 503 });
    metrics.record(reportOf([], { end: 'not_leader' }));
    expect(await metrics.scrape()).toMatchObject({ status: 503 });
    metrics.record(reportOf(['train', 'infer']));
    expect(await metrics.scrape()).toMatchObject({ status: 200 });
  });

  it('shows money and time at the value of the ledger, to the cent and the second', async () => {
    const families = await scrape(recorded(reportOf(['train', 'infer'])));
    const place = { fleet: 'train', zone: 'hayesvalley', node_type: 'autoreserved', gpu: 'h100' };
    const spend = (basis: string): number | undefined =>
      valueOf(families, 'bidkeeper_spend_dollars_total', { ...place, basis });
    expect([spend('committed'), spend('accrued'), spend('settled')]).toEqual([32, 30, 14.87]);
    expect(valueOf(families, 'bidkeeper_obtained_node_seconds_total', place)).toBe(6600);
    expect(valueOf(families, 'bidkeeper_obtained_gpu_seconds_total', place)).toBe(6600 * 8);
    expect(valueOf(families, 'bidkeeper_paid_node_seconds_total', { fleet: 'train' })).toBe(3600);
    expect(valueOf(families, 'bidkeeper_target_node_seconds_total', { fleet: 'train' })).toBe(7200);
  });

  it('shows what the hours would have cost otherwise, and what watching strategies would have paid and got', async () => {
    const shadows = [{ strategy: 'follow', cost: centSeconds(1490 * 3600), nodeSeconds: 6600 }];
    const report = reportOf(['train'], { fleetTotals: [fleetTotals('train', { shadows })] });
    const families = await scrape(recorded(report));
    const reference = (name: string): number | undefined =>
      valueOf(families, 'bidkeeper_reference_cost_dollars_total', { fleet: 'train', reference: name });
    expect(['ceiling', 'vendor_default', 'all_reserved'].map(reference)).toEqual([20, 22.56, 16]);
    const shadow = { fleet: 'train', strategy: 'follow' };
    expect(valueOf(families, 'bidkeeper_shadow_spend_dollars_total', shadow)).toBe(14.9);
    expect(valueOf(families, 'bidkeeper_shadow_obtained_gpu_seconds_total', shadow)).toBe(6600 * 8);
  });

  it('leaves obtained time out after a start until the venue was seen, because a counter may not fall', async () => {
    const unseen = reportOf(['train'], { totals: [zoneTotals('train', { obtainedNodeSeconds: null })] });
    const metrics = recorded(unseen);
    const place = { fleet: 'train', zone: 'hayesvalley' };
    const obtained = 'bidkeeper_obtained_node_seconds_total';
    expect(valueOf(await scrape(metrics), obtained, place)).toBeUndefined();
    metrics.record(reportOf(['train']));
    expect(valueOf(await scrape(metrics), obtained, place)).toBe(6600);
    metrics.record(unseen);
    expect(valueOf(await scrape(metrics), obtained, place)).toBe(6600);
  });

  it('has every series of every configured fleet, at zero where the ledger knows nothing yet', async () => {
    const families = await scrape(recorded(reportOf([])));
    for (const fleet of ['train', 'infer']) {
      for (const basis of ['accrued', 'committed', 'settled']) {
        expect(valueOf(families, 'bidkeeper_spend_dollars_total', { fleet, basis })).toBe(0);
      }
      for (const reference of ['ceiling', 'vendor_default', 'all_reserved']) {
        expect(valueOf(families, 'bidkeeper_reference_cost_dollars_total', { fleet, reference })).toBe(0);
      }
      for (const outcome of ['filled', 'refused_price', 'refused_funds', 'unknown']) {
        expect(valueOf(families, 'bidkeeper_purchases_total', { fleet, outcome })).toBe(0);
      }
      expect(valueOf(families, 'bidkeeper_releases_total', { fleet, reason: 'surplus' })).toBe(0);
      expect(
        valueOf(families, 'bidkeeper_bid_changes_total', { fleet, direction: 'up', reason: 'climb' }),
      ).toBe(0);
      expect(valueOf(families, 'bidkeeper_guard_blocked_total', { fleet, guard: 'budget' })).toBe(0);
    }
    const second = { fleet: 'infer', zone: 'mission' };
    expect(valueOf(families, 'bidkeeper_spend_dollars_total', second)).toBe(0);
    expect(valueOf(families, 'bidkeeper_interruptions_total', { ...second, cause: 'outbid' })).toBe(0);
  });

  it('knows the zones of a fleet that takes any zone from the market', async () => {
    const families = await scrape(recorded(reportOf([]), { fleets: [configured('free', 'any')] }));
    expect(valueOf(families, 'bidkeeper_spend_dollars_total', { fleet: 'free', zone: 'hayesvalley' })).toBe(
      0,
    );
  });
});

describe('a counter of the ledger', () => {
  const accrued = (families: Map<string, Family>): number | undefined =>
    valueOf(families, 'bidkeeper_spend_dollars_total', { fleet: 'train', basis: 'accrued' });
  const report = (centsSpent: number): TickReport =>
    reportOf(['train', 'infer'], {
      totals: [zoneTotals('train', { accrued: centSeconds(centsSpent * 3600) })],
    });

  it('is set to the total of the ledger, never added up tick by tick', async () => {
    const metrics = make();
    for (let tick = 1; tick <= 1000; tick += 1) metrics.record(report(tick));
    expect(accrued(await scrape(metrics))).toBe(10);
  });

  it('keeps the larger value when the ledger contradicts itself, and says so once', async () => {
    fallen.length = 0;
    const metrics = recorded(report(500));
    metrics.record(report(400));
    metrics.record(report(450));
    expect(accrued(await scrape(metrics))).toBe(5);
    expect(fallen).toHaveLength(1);
    expect(fallen[0]).toContain('bidkeeper_spend_dollars_total{fleet="train"');
    metrics.record(report(501));
    expect(accrued(await scrape(metrics))).toBe(5.01);
  });

  it('that is no number is left out and told, and breaks neither the tick nor the scrape', async () => {
    fallen.length = 0;
    const metrics = make();
    for (const bad of [Number.NaN, -1]) {
      metrics.record(
        reportOf(['train', 'infer'], {
          fleetTotals: [fleetTotals('train', { targetNodeSeconds: bad })],
          fleets: [fleetReport('train', { wantedNodes: bad })],
        }),
      );
    }
    expect(fallen.filter((text) => text.includes('target_node_seconds_total'))).toHaveLength(1);
    expect(
      valueOf(await scrape(metrics), 'bidkeeper_target_node_seconds_total', { fleet: 'train' }),
    ).toBeUndefined();
    metrics.record(reportOf(['train', 'infer']));
    expect(valueOf(await scrape(metrics), 'bidkeeper_target_node_seconds_total', { fleet: 'train' })).toBe(
      7200,
    );
  });

  it('keeps its value through a tick that ended before the books were read', async () => {
    const metrics = recorded(report(500));
    metrics.record(reportOf([], { end: 'not_leader' }));
    expect(accrued(await scrape(metrics))).toBe(5);
  });

  it('goes on where it was after a restart', async () => {
    const before = await scrape(recorded(report(777)));
    const after = await scrape(recorded(report(777)));
    for (const family of before.values()) {
      if (family.type !== 'counter' || !family.name.startsWith('bidkeeper_')) continue;
      expect(after.get(family.name)?.samples).toEqual(family.samples);
    }
  });

  it('adds up what falls into one series, so that fleets outside the settings share `other`', async () => {
    const totals = ['old-a', 'old-b'].map((fleet) => zoneTotals(fleet, { settled: centSeconds(3600 * 100) }));
    const families = await scrape(recorded(reportOf(['train'], { totals })));
    expect(valueOf(families, 'bidkeeper_spend_dollars_total', { fleet: 'other', basis: 'settled' })).toBe(2);
    expect(valueOf(families, 'bidkeeper_label_overflow_total', { label: 'fleet' })).toBe(2);
  });
});

describe('what is now', () => {
  it('shows wanted, held and bid, and nothing where there is nothing to show', async () => {
    const idle = fleetReport('infer', { limit: null, nextChangeMs: null, earliestEndMs: null, states: [] });
    const families = await scrape(recorded(reportOf(['train'], { fleets: [fleetReport('train'), idle] })));
    const of = (name: string, labels: Record<string, string>): number | undefined =>
      valueOf(families, `bidkeeper_${name}`, labels);
    expect(of('fleet_spec_nodes', { fleet: 'train' })).toBe(8);
    expect(of('fleet_spec_gpus', { fleet: 'train' })).toBe(64);
    expect(of('fleet_status_nodes', { fleet: 'train', state: 'running' })).toBe(6);
    expect(of('fleet_status_nodes', { fleet: 'train', state: 'releasing' })).toBe(0);
    expect(of('fleet_status_nodes', { fleet: 'infer', zone: 'mission', state: 'running' })).toBe(0);
    expect(of('bid_limit_dollars_per_node_hour', { fleet: 'train' })).toBe(16);
    expect(of('bid_limit_dollars_per_node_hour', { fleet: 'infer' })).toBeUndefined();
    expect(of('fleet_spec_next_change_timestamp_seconds', { fleet: 'infer' })).toBeUndefined();
    expect(of('earliest_end_timestamp_seconds', { fleet: 'train' })).toBe(AT_MS / 1000 + 1800);
    expect(of('spend_rate_dollars_per_hour', { fleet: 'train' })).toBe(96);
    expect(of('unattended_dollars_per_hour', {})).toBe(192);
    expect(of('market_price_dollars_per_node_hour', { stat: 'ask' })).toBe(15.2);
    expect(of('market_price_dollars_per_node_hour', { stat: 'median' })).toBe(15);
    expect(of('budget_spent_dollars', { budget: 'train', period: 'day' })).toBe(123.45);
    expect(of('budget_forecast_dollars', { budget: 'train', period: 'day' })).toBe(3000);
    expect(of('budget_stage', { budget: 'train', period: 'day' })).toBe(1);
    expect(of('account_balance_dollars', {})).toBe(10_000);
    expect(of('account_runway_seconds', {})).toBe(375_000);
    expect(of('fleet_info', { fleet: 'train', strategy: 'ladder', mode: 'live' })).toBe(1);
    expect(of('build_info', { version: '0.1.0', commit: 'abc' })).toBe(1);
    expect(of('tick_last_success_timestamp_seconds', {})).toBe(AT_MS / 1000);
  });

  it('forgets a gauge that no longer holds', async () => {
    const metrics = recorded(reportOf(['train', 'infer']));
    metrics.record(reportOf(['train'], { budgets: [], market: [], funds: null }));
    const families = await scrape(metrics);
    expect(valueOf(families, 'bidkeeper_fleet_spec_nodes', { fleet: 'infer' })).toBeUndefined();
    expect(valueOf(families, 'bidkeeper_budget_limit_dollars')).toBeUndefined();
    expect(valueOf(families, 'bidkeeper_budget_stage')).toBeUndefined();
    expect(valueOf(families, 'bidkeeper_account_balance_dollars')).toBeUndefined();
    expect(valueOf(families, 'bidkeeper_market_price_dollars_per_node_hour')).toBeUndefined();
  });

  it('counts decisions, guards, ledger entries, failed ticks and calls to the venue', async () => {
    const decision = {
      fleet: 'train',
      action: 'create',
      zone: null,
      name: null,
      limit: null,
      reason: 'shortfall',
      why: '',
    } as const;
    const entries: Partial<Record<Entry['kind'], number>> = { create_intended: 2 };
    const metrics = make();
    for (const end of ['done', 'ledger_failed'] as const) {
      metrics.record(
        reportOf(['train', 'infer'], {
          end,
          entries,
          paused: true,
          pause: { by: 'anna', why: 'audit', atMs: Date.UTC(2026, 10, 23), drain: false, acknowledged: true },
          breaker: 'a 403',
          decisions: [
            { ...decision, refusedBy: null },
            { ...decision, refusedBy: 'budget' },
          ],
        }),
      );
    }
    metrics.onRequest({ method: 'GET', endpoint: 'nodes', code: '200', tookMs: 40 });
    const families = await scrape(metrics);
    const of = (name: string, labels: Record<string, string>): number | undefined =>
      valueOf(families, `bidkeeper_${name}`, labels);
    expect(of('decisions_total', { fleet: 'train', action: 'create', reason: 'shortfall' })).toBe(4);
    expect(of('guard_blocked_total', { fleet: 'train', guard: 'budget' })).toBe(2);
    expect(of('ledger_entries_total', { kind: 'create_intended' })).toBe(4);
    expect(of('ledger_write_errors_total', {})).toBe(1);
    expect(of('api_requests_total', { method: 'GET', endpoint: 'nodes', code: '200' })).toBe(1);
    expect(of('api_request_duration_seconds_sum', { endpoint: 'nodes' })).toBe(0.04);
    expect(of('paused', { scope: 'process' })).toBe(1);
    expect(of('breaker_open', {})).toBe(1);
    expect(of('tick_duration_seconds_count', { stage: 'observe' })).toBe(2);
  });

  it('shows alarms by kind, zeros included, and nodes that nobody owns even without a fleet', async () => {
    const alarms = ['n1', 'n2'].map((text) => ({ code: 'unit_mismatch', fleet: 'train', text }));
    const families = await scrape(recorded(reportOf(['train'], { alarms, unownedNodes: 3 })));
    expect(valueOf(families, 'bidkeeper_alarms', { alarm: 'unit_mismatch' })).toBe(2);
    expect(valueOf(families, 'bidkeeper_alarms', { alarm: 'contradiction' })).toBe(0);
    expect(valueOf(families, 'bidkeeper_fleet_unowned_nodes')).toBe(3);
  });

  it('names nodes only where the settings ask for it', async () => {
    const nodes: TickReport['nodes'] = [
      {
        name: 'bk-ab12-train-0-g1',
        nodeId: 'n_1',
        fleet: 'train',
        zone: 'hayesvalley',
        hold: 'autoreserved',
        state: 'running',
        limit: fleetReport('x').ceiling,
        endAtMs: AT_MS,
      },
    ];
    const report = reportOf(['train', 'infer'], { nodes });
    expect((await recorded(report).scrape()).body).not.toContain('bk-ab12');
    const families = await scrape(recorded(report, { perNode: true }));
    expect(
      valueOf(families, 'bidkeeper_node_limit_dollars_per_node_hour', { node: 'bk-ab12-train-0-g1' }),
    ).toBe(20);
  });
});

describe('labels', () => {
  it('never carry free text and never grow without bound: strangers are `other`, and counted', async () => {
    const metrics = recorded(reportOf(['train', 'infer']));
    metrics.onRequest({ method: 'BREW', endpoint: 'nodes', code: '200', tookMs: 1 });
    metrics.onRequest({ method: 'GET', endpoint: 'an error text, with "quotes"', code: '200', tookMs: 1 });
    for (let count = 0; count < 500; count += 1) {
      metrics.onRequest({ method: 'GET', endpoint: `path-${count}`, code: '200', tookMs: 1 });
    }
    const families = await scrape(metrics);
    expect(valueOf(families, 'bidkeeper_api_requests_total', { method: 'other' })).toBe(1);
    expect(valueOf(families, 'bidkeeper_api_requests_total', { endpoint: 'other' })).toBeGreaterThan(400);
    expect(families.get('bidkeeper_api_requests_total')?.samples.length).toBeLessThan(50);
    expect(valueOf(families, 'bidkeeper_label_overflow_total', { label: 'method' })).toBe(1);
    expect(valueOf(families, 'bidkeeper_label_overflow_total', { label: 'endpoint' })).toBeGreaterThan(400);
    expect(valueOf(families, 'bidkeeper_label_overflow_total', { label: 'zone' })).toBe(0);
  });

  it('give a fleet at most 100 series, and at most 15 more for each zone beyond its first', async () => {
    const families = await scrape(recorded(reportOf(['train', 'infer'])));
    const countOf = (fleet: string): number =>
      [...families.values()]
        .flatMap((family) => family.samples)
        .filter(({ labels }) => labels['fleet'] === fleet || labels['budget'] === fleet).length;
    expect(countOf('train')).toBeGreaterThan(70);
    expect(countOf('train')).toBeLessThanOrEqual(100);
    expect(countOf('infer')).toBeLessThanOrEqual(115);
  });
});

describe('the form of a scrape', () => {
  const busy = (): Metrics => {
    const metrics = recorded(reportOf(['train', 'infer'], { entries: { node_seen: 1 } }), { perNode: true });
    metrics.onRequest({ method: 'GET', endpoint: 'nodes', code: '200', tookMs: 1 });
    return metrics;
  };

  it('follows the conventions: prefix, base units, _total on counters alone, a help sentence for each', async () => {
    const families = [...(await scrape(busy())).values()].filter((family) =>
      family.name.startsWith('bidkeeper_'),
    );
    expect(families.length).toBeGreaterThan(40);
    const breaks = families.filter(
      ({ name, type, help }) =>
        !/^bidkeeper_[a-z]+(_[a-z]+)*$/.test(name) ||
        name.endsWith('_total') !== (type === 'counter') ||
        /_(cents|ms|milliseconds|minutes|hours|percent|usd)(_|$)/.test(name) ||
        /_(counter|gauge|histogram)(_|$)/.test(name) ||
        !/^[A-Z0-9].{3,}\.$/.test(help),
    );
    expect(breaks).toEqual([]);
  });

  it('is Prometheus text or OpenMetrics as the Accept header asks, with the same numbers', async () => {
    const metrics = busy();
    const prometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const open = await metrics.scrape(prometheus);
    expect(open.contentType).toContain('application/openmetrics-text; version=1.0.0');
    expect(open.body.endsWith('\n# EOF\n')).toBe(true);
    expect(open.body).not.toMatch(/\n\n/);
    expect(open.body).toContain('# TYPE bidkeeper_spend_dollars counter\n');
    expect(open.body).toMatch(/\nbidkeeper_spend_dollars_total\{/);
    const plain = await metrics.scrape('text/plain;version=0.0.4');
    expect(plain.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(plain.body).toContain('# TYPE bidkeeper_spend_dollars_total counter\n');
    const own = (body: string): string[] => body.split('\n').filter((line) => line.startsWith('bidkeeper_'));
    expect(own(open.body)).toEqual(own(plain.body));
    for (const accept of ['*/*', '', 'application/openmetrics-text;q=0.2,text/plain;q=0.9']) {
      expect((await metrics.scrape(accept)).contentType).toContain('text/plain');
    }
  });

  it('holds the series of the process itself', async () => {
    const families = await scrape(busy());
    expect(valueOf(families, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  });

  it('is ready within 100 ms with 50 fleets (10 ms on a quiet machine)', async () => {
    const names = Array.from({ length: 50 }, (_, count) => `fleet-${count}`);
    const metrics = recorded(reportOf(names), { fleets: names.map((name) => configured(name)) });
    const times: number[] = [];
    for (let round = 0; round < 15; round += 1) {
      const started = performance.now();
      await metrics.scrape();
      times.push(performance.now() - started);
    }
    expect(times.toSorted((a, b) => a - b)[7]).toBeLessThan(100);
  });

  it('shares nothing with another set of metrics in the same process', async () => {
    const first = recorded(reportOf(['train', 'infer']));
    recorded(
      reportOf(['train', 'infer'], { fleetTotals: [fleetTotals('train', { targetNodeSeconds: 9_999_999 })] }),
    );
    const families = await scrape(first);
    expect(valueOf(families, 'bidkeeper_target_node_seconds_total', { fleet: 'train' })).toBe(7200);
  });
});

describe('notices', () => {
  it('are counted by channel and outcome, from zero for every channel that is configured and for no other', async () => {
    const metrics = recorded(reportOf(['train']), { channels: ['slack'] });
    metrics.notifications.onOutcome('slack', 'retried');
    metrics.notifications.onHeldBack();
    const families = await scrape(metrics);
    const count = (channel: string, outcome: string): number | undefined =>
      valueOf(families, 'bidkeeper_notifications_total', { channel, outcome });
    expect([count('slack', 'retried'), count('slack', 'delivered')]).toEqual([1, 0]);
    expect(count('webhook', 'delivered')).toBeUndefined();
    expect(valueOf(families, 'bidkeeper_notifications_held_back_total', {})).toBe(1);
    const silent = await scrape(recorded(reportOf(['train'])));
    expect([...silent.keys()].filter((name) => name.includes('notifications'))).toEqual([]);
  });
});
