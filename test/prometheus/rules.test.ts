// The alerts and recording rules that come with the program: they load, each alert fires on what it is for and stays silent
// beside it, says its numbers in words, and leads to a page that tells a person what to do.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { describeWith } from '../support/programs.ts';
import { ALERT_CASES, type AlertCase } from './alert-cases.ts';
import { readRules, RULE_FILES } from './rule-files.ts';
import { runTool } from './tool.ts';

const RUNBOOKS = fileURLToPath(new URL('../../docs/runbooks/', import.meta.url));

const alerts = readRules().flatMap((rule) =>
  rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }],
);
const names = alerts.map(({ alert }) => alert);

describe('every alert', () => {
  it('says what is wrong, what that means, where to read on, and how bad it is', () => {
    const poor = alerts.filter(
      ({ alert, labels, annotations }) =>
        !['critical', 'warning', 'info'].includes(labels?.['severity'] ?? '') ||
        (annotations?.['summary'] ?? '').length < 20 ||
        (annotations?.['description'] ?? '').length < 40 ||
        annotations?.['runbook_url'] !== `docs/runbooks/${alert}.md`,
    );
    expect(poor).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has a runbook page, and every page its alert', () => {
    const pages = readdirSync(RUNBOOKS).filter((file) => file.startsWith('Bidkeeper'));
    expect(pages.toSorted()).toEqual(names.map((name) => `${name}.md`).toSorted());
    const parts = ['## Meaning', '## Impact', '## What to look at', '## What to do'];
    for (const { alert, labels } of alerts) {
      const page = readFileSync(join(RUNBOOKS, `${alert}.md`), 'utf8');
      expect(page.startsWith(`# ${alert}\n\nSeverity: ${labels?.['severity']}.\n`), alert).toBe(true);
      expect(page.match(/^## .*$/gm), alert).toEqual(parts);
      expect(
        page.split(/^## .*$/m).filter((part) => part.trim().length < 15),
        alert,
      ).toEqual([]);
    }
  });

  it('is proved by a case in which it fires and one in which it does not', () => {
    expect(ALERT_CASES.map(({ alert }) => `Bidkeeper${alert}`).toSorted()).toEqual(names.toSorted());
  });
});

describeWith(['promtool'], 'promtool on the rules', (promtool) => {
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-rules-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const testRules = async (
    tests: readonly object[],
    evaluationInterval = '1m',
  ): Promise<{ code: number | null; out: string }> => {
    const file = join(folder, 'test.yaml');
    const groups = readRules().map(({ group }) => group);
    writeFileSync(
      file,
      stringify({
        rule_files: RULE_FILES,
        evaluation_interval: evaluationInterval,
        group_eval_order: [...new Set(groups)].toSorted(
          (a, b) => Number(a === 'bidkeeper_alerts') - Number(b === 'bidkeeper_alerts'),
        ),
        tests,
      }),
    );
    const { code, out, err } = await runTool(promtool, ['test', 'rules', file]);
    return { code, out: out + err };
  };

  const series = (given: AlertCase['fires']): object[] =>
    Object.entries(given).map(([name, values]) => ({ series: name, values }));

  it('finds every rule sound', async () => {
    const { code, out, err } = await runTool(promtool, ['check', 'rules', ...RULE_FILES]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`SUCCESS: ${names.length} rules found`);
  });

  it('sees every alert fire where it should and stay silent beside it', async () => {
    const one = ({ alert, at }: AlertCase, kind: 'fires' | 'silent', given: AlertCase['fires']): object => ({
      name: `${alert} ${kind}`,
      interval: '1m',
      input_series: series(given),
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="Bidkeeper${alert}",alertstate="firing"})`,
          eval_time: at,
          exp_samples: kind === 'fires' ? [{ labels: '{}', value: 1 }] : [],
        },
      ],
    });
    const both = (cases: readonly AlertCase[]): readonly object[] =>
      cases.flatMap((alertCase) => [
        one(alertCase, 'fires', alertCase.fires),
        one(alertCase, 'silent', alertCase.silent),
      ]);
    // What takes hours is judged every ten minutes, to save time.
    const isLong = ({ at }: AlertCase): boolean => Number.parseInt(at, 10) > 60;
    for (const [interval, cases] of [
      ['1m', ALERT_CASES.filter((alertCase) => !isLong(alertCase))],
      ['10m', ALERT_CASES.filter(isLong)],
    ] as const) {
      const { code, out } = await testRules(both(cases), interval);
      expect(out).toContain('SUCCESS');
      expect(code).toBe(0);
    }
  });

  it('tells a test that is wrong: an alert expected where none fires is a failure', async () => {
    const { code } = await testRules([
      {
        interval: '1m',
        input_series: series({ 'up{job="bidkeeper"}': '1x20' }),
        promql_expr_test: [
          {
            expr: 'count(ALERTS{alertname="BidkeeperDown"})',
            eval_time: '10m',
            exp_samples: [{ labels: '{}', value: 1 }],
          },
        ],
      },
    ]);
    expect(code).not.toBe(0);
  });

  it('reads how many nodes were wanted and held in the text of a bid at its ceiling', async () => {
    const bid = ALERT_CASES.find(({ alert }) => alert === 'BidAtCeiling');
    const { code, out } = await testRules([
      {
        interval: '1m',
        input_series: series(bid?.fires ?? {}),
        alert_rule_test: [
          {
            alertname: 'BidkeeperBidAtCeiling',
            eval_time: bid?.at,
            exp_alerts: [
              {
                exp_labels: { severity: 'warning', fleet: 'train' },
                exp_annotations: {
                  summary: 'Fleet train bids its ceiling and is still short of nodes',
                  description: '4 nodes are wanted, 1 run; the limit is at its ceiling of $16 per node-hour.',
                  runbook_url: 'docs/runbooks/BidkeeperBidAtCeiling.md',
                },
              },
            ],
          },
        ],
      },
    ]);
    expect(out).toContain('SUCCESS');
    expect(code).toBe(0);
  });
});
