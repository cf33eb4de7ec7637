// The Kustomize base, rendered by kubectl and judged: one replica that never overlaps, nothing privileged, every port, volume
// and path where the settings and the image have it. No cluster is asked.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadSettings } from '../../src/settings/load.ts';
import { NOW } from '../settings/given.ts';
import { describeWith } from '../support/programs.ts';

const base = join(import.meta.dirname, '../../config/kubernetes/base');

type Thing = Readonly<Record<string, unknown>>;

/** The value at a path of keys and indices. */
const at = (thing: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Thing | undefined)?.[key], thing);

describeWith(['kubectl'], 'the Kustomize base', (kubectl) => {
  const { stdout, stderr } = spawnSync(kubectl, ['kustomize', base], { encoding: 'utf8' });
  const things = parseAllDocuments(stdout).map((document) => document.toJS() as Thing);
  const one = (kind: string): Thing => things.find((thing) => thing['kind'] === kind) ?? {};
  const deployment = one('Deployment');
  const pod = at(deployment, 'spec.template.spec');
  const container = at(pod, 'containers.0');

  test('renders, to one of each', () => {
    expect(stderr).toBe('');
    expect(things.map(({ kind }) => String(kind)).toSorted()).toEqual([
      'ConfigMap',
      'Deployment',
      'NetworkPolicy',
      'PersistentVolumeClaim',
      'Service',
      'ServiceAccount',
    ]);
  });

  test('runs one replica, and never two at once', () => {
    expect(at(deployment, 'spec.replicas')).toBe(1);
    expect(at(deployment, 'spec.strategy')).toEqual({ type: 'Recreate' });
    expect(at(one('PersistentVolumeClaim'), 'spec.accessModes')).toEqual(['ReadWriteOncePod']);
  });

  test('runs as the user of the image with nothing it does not need', () => {
    expect(at(pod, 'securityContext')).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(at(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(at(pod, 'automountServiceAccountToken')).toBe(false);
  });

  test('has settings that the program accepts, with every path on a volume that is mounted', () => {
    const configMap = one('ConfigMap');
    const text = String(
      at(configMap, 'data')?.valueOf() === undefined
        ? ''
        : (at(configMap, 'data') as Thing)['bidkeeper.yaml'],
    );
    const loaded = loadSettings({ text }, {}, NOW);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { settings } = loaded;
    expect(settings.policy.mode).toBe('dry_run');
    const mounts = (at(container, 'volumeMounts') as readonly Thing[]).map((mount) => ({
      name: String(mount['name']),
      path: String(mount['mountPath']),
      readOnly: mount['readOnly'] === true,
    }));
    const mountOf = (path: string): unknown => mounts.find((mount) => path.startsWith(`${mount.path}/`));
    expect(mountOf(settings.storePath)).toEqual({ name: 'data', path: '/data', readOnly: false });
    const token =
      settings.venue.kind === 'sfcompute' && settings.venue.token.kind === 'file'
        ? settings.venue.token.path
        : '';
    expect(mountOf(token)).toMatchObject({ name: 'token', readOnly: true });
    const args = at(container, 'args') as readonly string[];
    expect(mountOf(args[args.indexOf('--config') + 1] ?? '')).toMatchObject({ name: 'settings' });
    const volumes = (at(pod, 'volumes') as readonly Thing[]).map(({ name }) => String(name));
    expect(volumes.toSorted()).toEqual(mounts.map(({ name }) => name).toSorted());
    const named = (at(pod, 'volumes') as readonly Thing[]).find(({ name }) => name === 'settings');
    expect(at(named, 'configMap.name')).toBe(at(configMap, 'metadata.name'));
  });

  test('shows metrics and health on the port of listen_metrics, and nothing else to anybody', () => {
    const text = String((at(one('ConfigMap'), 'data') as Thing)['bidkeeper.yaml']);
    const loaded = loadSettings({ text }, {}, NOW);
    const port = loaded.ok ? loaded.settings.listenMetrics?.port : 0;
    expect(loaded.ok && loaded.settings.listen.host).toBe('127.0.0.1');
    expect(at(container, 'ports')).toEqual([{ name: 'metrics', containerPort: port }]);
    for (const probe of ['livenessProbe', 'startupProbe', 'readinessProbe'])
      expect(at(container, `${probe}.httpGet.port`)).toBe('metrics');
    expect(at(container, 'readinessProbe.httpGet.path')).toBe('/readyz');
    expect(at(one('Service'), 'spec.ports.0')).toEqual({ name: 'metrics', port, targetPort: 'metrics' });
    expect(at(one('NetworkPolicy'), 'spec.ingress')).toEqual([{ ports: [{ port }] }]);
    const labels = at(deployment, 'spec.template.metadata.labels');
    expect(at(one('Service'), 'spec.selector')).toEqual(labels);
    expect(at(one('NetworkPolicy'), 'spec.podSelector.matchLabels')).toEqual(labels);
  });
});
