// docs/metrics.md is the registry in words: every metric there can be, with its type, its labels and what it means, and none
// that is not there. Run with UPDATE_METRICS=1 to write it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NOTICE_CHANNELS } from '../../src/domain/notice.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { configured } from './reports.ts';

const PAGE = new URL('../../docs/metrics.md', import.meta.url);

const HEAD = `# Metrics

What \`/metrics\` shows, in Prometheus text or, where the client asks for it, OpenMetrics. This page is made from the registry.

- Money is in dollars, market prices are per hour, time is in seconds, ratios are 0–1. A node has 8 GPUs.
- Sums of money and time come from the ledger and go on over restarts: the first scrape after a start is answered with 503
  until they are loaded, so \`increase()\` never counts anything twice. Counters of ticks, calls and guards begin with the process.
- \`spend_dollars_total\` has three bases, \`accrued\` (best estimate), \`committed\` (worst case) and \`settled\` (the venue's own
  orders). They are the same money: choose one, never add them up.
- Every label has a closed set of values. What is outside it becomes \`other\` and is counted by \`label_overflow_total\`. A fleet in
  one zone has at most 100 series. Names of nodes appear only with \`metrics: { per_node: true }\` (the series \`node_*\`).
- A value that does not exist has no series: no limit where no bid stands, no ask where nothing is for sale.

Useful to begin with:

\`\`\`promql
sum by (fleet) (increase(bidkeeper_spend_dollars_total{basis="accrued"}[1d]))            # spent in a day
sum by (fleet) (increase(bidkeeper_obtained_gpu_seconds_total[1d])) / 3600               # GPU-hours got for it
sum(increase(bidkeeper_obtained_node_seconds_total[1d])) / sum(increase(bidkeeper_target_node_seconds_total[1d]))
\`\`\`

Dashboards: \`config/grafana/\`. Alerts and recording rules: \`config/prometheus/\`; what to do about an alert: \`docs/runbooks/\`.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
`;

const page = (): string => {
  const { catalogue } = createMetrics({
    version: '',
    commit: '',
    fleets: [configured('train')],
    perNode: true,
    channels: NOTICE_CHANNELS,
    onContradiction: () => undefined,
  });
  const rows = catalogue.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.join(', ') || '–'} | ${help.replaceAll('|', '\\|')} |`,
  );
  return `${HEAD}${rows.toSorted().join('\n')}\n`;
};

it('docs/metrics.md says of every metric what it is, and of no other', () => {
  const made = page();
  if (process.env['UPDATE_METRICS'] === '1') writeFileSync(PAGE, made);
  expect(readFileSync(PAGE, 'utf8'), 'UPDATE_METRICS=1 npm test -- test/telemetry/catalogue.test.ts').toBe(
    made,
  );
});
