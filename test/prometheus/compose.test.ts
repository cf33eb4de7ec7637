// The compose file that puts daemon, Prometheus, Alertmanager and Grafana together. Without Docker it cannot be started here,
// so everything it says is held against what it means: files that are mounted, ports that somebody listens on, names that
// are found, configurations that Prometheus' and Alertmanager's own tools accept.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadSettings } from '../../src/settings/load.ts';
import { describeWith } from '../support/programs.ts';
import { runTool } from './tool.ts';

const CONFIG = resolve(import.meta.dirname, '../../config');
const FOLDER = join(CONFIG, 'compose');
const read = (path: string): unknown => parse(readFileSync(join(CONFIG, path), 'utf8'));

/** What the Compose specification allows of what we use; anything else is a slip. */
const serviceSchema = z.strictObject({
  build: z.string().optional(),
  image: z.string(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
  stop_grace_period: z.string().optional(),
  depends_on: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string().regex(/^[^:]+:\/[^:]+(:ro)?$/)),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).optional(),
  expose: z.array(z.string()).optional(),
});
const compose = z
  .strictObject({
    name: z.string(),
    services: z.record(z.string(), serviceSchema),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(read('compose/compose.yaml'));
const service = (name: string) => serviceSchema.parse(compose.services[name]);

/** Where a path of a container lies here; null when it is a volume or of the image. */
const onHost = (name: string, path: string): string | null => {
  for (const volume of service(name).volumes) {
    const [from = '', to = ''] = volume.split(':');
    if (from.startsWith('.') && (path === to || path.startsWith(`${to}/`)))
      return resolve(FOLDER, from) + path.slice(to.length);
  }
  return null;
};

const metricsPort = (): string => service('bidkeeper').expose?.[0] ?? '';

describe('the compose file', () => {
  it('pins every image to a version, and mounts only files that are there', () => {
    for (const [name, { image, build, volumes }] of Object.entries(compose.services)) {
      expect(image, name).toMatch(/^[a-z/]+:v?\d+\.\d+\.\d+$/);
      if (build !== undefined) expect(existsSync(resolve(FOLDER, build, 'Dockerfile')), name).toBe(true);
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        const there = from.startsWith('.') ? existsSync(resolve(FOLDER, from)) : from in compose.volumes;
        expect(there, volume).toBe(true);
      }
    }
    const own = JSON.parse(readFileSync(join(CONFIG, '../package.json'), 'utf8')) as { version: string };
    expect(service('bidkeeper').image).toBe(`bidkeeper:${own.version}`);
  });

  it('starts the daemon with settings that load, keep the ledger in its volume and serve metrics where Prometheus asks', () => {
    const file = onHost('bidkeeper', '/config/bidkeeper.yaml') ?? '';
    const loaded = loadSettings(file, {}, Date.UTC(2026, 10, 23));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { storePath, listenMetrics, venue } = loaded.settings;
    expect(venue.kind).toBe('market');
    expect(service('bidkeeper').volumes).toContain('ledger:/data');
    expect(storePath.startsWith('/data/')).toBe(true);
    expect(listenMetrics).toEqual({ host: '0.0.0.0', port: Number(metricsPort()) });
    const targets = JSON.stringify(read('prometheus/prometheus.yaml'));
    expect(targets).toContain(`"bidkeeper:${metricsPort()}"`);
  });

  it('shows Prometheus its rules and Alertmanager by names and ports that exist', () => {
    const prometheus = z
      .object({
        rule_files: z.array(z.string()),
        alerting: z.object({
          alertmanagers: z.array(
            z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
          ),
        }),
        scrape_configs: z.array(z.object({ job_name: z.string() })),
      })
      .parse(read('prometheus/prometheus.yaml'));
    expect(prometheus.scrape_configs.map((one) => one.job_name)).toEqual(['bidkeeper']);
    const [host, port] =
      prometheus.alerting.alertmanagers[0]?.static_configs[0]?.targets[0]?.split(':') ?? [];
    expect(host).toBe('alertmanager');
    expect(service('alertmanager').ports).toEqual([`127.0.0.1:9093:${port}`]);
    const command = service('prometheus').command ?? [];
    const file = command.find((word) => word.startsWith('--config.file='))?.split('=')[1] ?? '';
    expect(onHost('prometheus', file)).toBe(join(CONFIG, 'prometheus/prometheus.yaml'));
    const rules = onHost('prometheus', `${file.slice(0, file.lastIndexOf('/'))}/rules`) ?? '';
    expect(readdirSync(rules).toSorted()).toEqual(['alerts.yaml', 'recording.yaml']);
    const am = (service('alertmanager').command ?? []).find((word) => word.startsWith('--config.file='));
    expect(existsSync(onHost('alertmanager', am?.split('=')[1] ?? '') ?? '')).toBe(true);
  });

  it('provisions Grafana with a data source that answers and with every dashboard', () => {
    const sources = z
      .object({
        datasources: z.array(z.object({ type: z.string(), url: z.string(), isDefault: z.boolean() })),
      })
      .parse(read('grafana/provisioning/datasources/bidkeeper.yaml')).datasources;
    expect(sources).toEqual([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }]);
    expect(service('prometheus').ports).toEqual(['127.0.0.1:9090:9090']);
    const { providers } = z
      .object({
        providers: z.array(z.object({ type: z.literal('file'), options: z.object({ path: z.string() }) })),
      })
      .parse(read('grafana/provisioning/dashboards/bidkeeper.yaml'));
    const folder = onHost('grafana', providers[0]?.options.path ?? '');
    expect(folder).toBe(join(CONFIG, 'grafana/dashboards'));
    const home = service('grafana').environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(existsSync(onHost('grafana', home) ?? '')).toBe(true);
    expect(onHost('grafana', '/etc/grafana/provisioning/datasources')).not.toBeNull();
  });
});

describeWith(['promtool', 'amtool'], 'the configurations of the compose file', (promtool, amtool) => {
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-compose-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are accepted by Prometheus, rules included', async () => {
    cpSync(join(CONFIG, 'prometheus'), folder, { recursive: true });
    const { code, out, err } = await runTool(promtool, ['check', 'config', join(folder, 'prometheus.yaml')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('2 rule files found');
  });

  it('are accepted by Alertmanager, and page at once only for what is critical', async () => {
    const file = join(CONFIG, 'alertmanager/alertmanager.yaml');
    const checked = await runTool(amtool, ['check-config', file]);
    expect(checked.code).toBe(0);
    expect(checked.out).toContain('2 inhibit rules');
    for (const [severity, receiver] of [
      ['critical', 'people-at-once'],
      ['warning', 'people'],
      ['info', 'people'],
    ]) {
      const routed = await runTool(amtool, [
        'config',
        'routes',
        'test',
        `--config.file=${file}`,
        `severity=${severity}`,
      ]);
      expect(routed.out.trim(), severity).toBe(receiver);
    }
  });
});
