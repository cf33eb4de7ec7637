// What Prometheus' own linter says about our names, types and help texts.
import { expect, it } from 'vitest';
import { NOTICE_CHANNELS } from '../../src/domain/notice.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { describeWith } from '../support/programs.ts';
import { configured, reportOf } from '../telemetry/reports.ts';
import { runTool } from './tool.ts';

describeWith(['promtool'], 'promtool check metrics', (promtool) => {
  it('finds nothing wrong with any metric of ours', async () => {
    const metrics = createMetrics({
      version: '0.1.0',
      commit: 'abc',
      fleets: [configured('train')],
      perNode: true,
      channels: NOTICE_CHANNELS,
      onContradiction: () => undefined,
    });
    metrics.record(reportOf(['train'], { entries: { node_seen: 1 } }));
    metrics.onRequest({ method: 'GET', endpoint: 'nodes', code: '200', tookMs: 1 });
    const { body } = await metrics.scrape('text/plain');
    const own = body.split('\n').filter((line) => /^(# (HELP|TYPE) )?bidkeeper_/.test(line));
    expect(own.length).toBeGreaterThan(100);
    expect(await runTool(promtool, ['check', 'metrics'], `${own.join('\n')}\n`)).toEqual({
      code: 0,
      out: '',
      err: '',
    });
  });
});
