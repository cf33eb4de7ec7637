// Every query of every panel is right: it parses, asks for metrics that exist, has the right types, and shows something when
// a real Prometheus holds a week of the daemon's own metrics.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { describeWith } from '../support/programs.ts';
import { NOTICE_CHANNELS } from '../../src/domain/notice.ts';
import { parseScrape } from '../telemetry/exposition.ts';
import { configured, reportOf } from '../telemetry/reports.ts';
import { panelQueries } from './queries.ts';
import { readRules } from './rule-files.ts';
import { startPrometheus } from './server.ts';
import { runTool } from './tool.ts';
import { writeWeek } from './week.ts';

const panels = panelQueries();
const rules = readRules();

/** Every metric name in an expression; throws when it does not parse. */
const metricsIn = (expr: string): readonly string[] => {
  const found: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${expr}`);
      if (type.name === 'Identifier' && node.parent?.type.name === 'VectorSelector')
        found.push(expr.slice(from, to));
    },
  });
  return found;
};

/** The names of all series a scrape can have, histograms in their three forms, and those of the process. */
const registered = async (): Promise<ReadonlySet<string>> => {
  const metrics = createMetrics({
    version: '',
    commit: '',
    fleets: [configured('train')],
    perNode: true,
    channels: NOTICE_CHANNELS,
    onContradiction: () => undefined,
  });
  metrics.record(reportOf(['train']));
  const scrape = parseScrape((await metrics.scrape()).body);
  return new Set([
    ...[...scrape.keys()].filter((name) => !name.startsWith('bidkeeper_')),
    ...metrics.catalogue.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  ]);
};

describe('the queries of panels and rules', () => {
  it('parse, and ask for metrics that the daemon has or a rule records', async () => {
    const known = new Set([
      ...(await registered()),
      ...rules.flatMap(({ record }) => (record === undefined ? [] : [record])),
      'up',
      'ALERTS',
    ]);
    const asked = [...panels.map(({ expr }) => expr), ...rules.map(({ expr }) => expr)].flatMap(metricsIn);
    expect(asked.length).toBeGreaterThan(150);
    expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
  });

  it('would be told from wrong ones', () => {
    expect(() => metricsIn('sum by (fleet (up)')).toThrow('not PromQL');
    expect(metricsIn('sum(nobody_knows_total) / up')).toEqual(['nobody_knows_total', 'up']);
  });
});

describeWith(['prometheus', 'promtool'], 'Prometheus on the queries of panels', (prometheus, promtool) => {
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-week-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds the types of all of them right', async () => {
    const file = join(folder, 'panels.yaml');
    const asRules = panels.map(({ expr }, index) => ({ record: `panel:query${index}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: 'panels', rules: asRules }] }));
    const { code, out, err } = await runTool(promtool, ['check', 'rules', file]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`SUCCESS: ${panels.length} rules found`);
  });

  it('shows something for each of them after a week of the daemon', { timeout: 240_000 }, async () => {
    const text = join(folder, 'week.txt');
    const week = await writeWeek(text);
    expect(week.samples).toBeGreaterThan(50_000);
    const data = join(folder, 'data');
    const blocks = ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=240h', text, data];
    const made = await runTool(promtool, blocks);
    expect(made).toMatchObject({ code: 0, err: '' });
    const server = await startPrometheus({
      path: prometheus,
      folder,
      config: { global: { scrape_interval: '20m' } },
      options: ['--query.lookback-delta=30m'],
    });
    try {
      const empty: string[] = [];
      for (const { where, expr, instant } of panels) {
        const series = instant
          ? await server.instant(expr, week.to)
          : await server.range(expr, { from: week.from, to: week.to, step: 3600 });
        if (!series.some(({ points }) => points.some(([, value]) => Number.isFinite(value))))
          empty.push(where);
      }
      expect(empty).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
