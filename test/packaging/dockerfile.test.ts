// The Dockerfile read and judged without building it: pinned, unprivileged, nothing secret, everything it copies is there.
// `.ci/image` builds and runs it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeToBring } from '../../src/launcher/runtime.mjs';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'Dockerfile'), 'utf8');

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Each instruction with its continued lines as one. */
const instructions: readonly Instruction[] = text
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', ...rest] = line.split(' ');
    return { name, rest: rest.join(' ') };
  });
const all = (name: string): readonly string[] =>
  instructions.filter((one) => one.name === name).map(({ rest }) => rest);
/** Of the second stage. */
const final = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
const last = (name: string): string => final.findLast((one) => one.name === name)?.rest ?? '';
const array = (json: string): unknown => JSON.parse(json.slice(json.indexOf('[')));

describe('the Dockerfile', () => {
  test('has two stages on one base that is pinned to the Node the program is tested on', () => {
    expect(all('FROM')).toEqual(['${BASE} AS build', '${BASE}']);
    const version = nodeToBring('linux-x64')?.version;
    expect(all('ARG')[0]).toBe(`BASE=node:${version}-bookworm-slim`);
  });

  test('uses only instructions it needs, and none that fetches from the network by itself', () => {
    const known =
      'ARG FROM WORKDIR COPY RUN ENV USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD'.split(' ');
    expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
    expect(all('RUN').join('\n')).not.toMatch(/curl|wget|apt-get|sudo|\bnpm install\b/);
  });

  test('installs what the lock file says and runs no install script', () => {
    const npm = all('RUN')
      .flatMap((line) => line.split('&&'))
      .filter((line) => /npm (ci|prune)/.test(line));
    expect(npm).toHaveLength(2);
    for (const line of npm) expect(line).toContain('--ignore-scripts');
    expect(all('COPY')[0]).toBe('package.json package-lock.json ./');
  });

  test('runs as an ordinary user by number, in exec form, with a health check and a volume', () => {
    expect(last('USER')).toBe('1000:1000');
    expect(array(last('ENTRYPOINT'))).toEqual(['node', 'dist/main.js']);
    expect(array(last('CMD'))).toEqual(['run', '--config', '/config/bidkeeper.yaml']);
    expect(array(last('HEALTHCHECK').replace(/^.*CMD /, ''))).toHaveLength(3);
    expect([last('VOLUME'), last('STOPSIGNAL')]).toEqual(['/data', 'SIGTERM']);
    expect(final.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      final.findLastIndex(({ name }) => name === 'RUN'),
    );
  });

  test('copies only what is there and what .dockerignore lets through', () => {
    const ignore = readFileSync(join(root, '.dockerignore'), 'utf8');
    const sources = all('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(4);
    for (const source of sources) {
      expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      expect(ignore).toContain(`!${source.split('/')[0]}\n`);
    }
  });

  test('holds no secret: the commit is the only value that is passed in', () => {
    expect(all('ARG').map((line) => line.split('=')[0])).toEqual(['BASE', 'COMMIT']);
    expect(all('ENV')).toEqual(['NODE_ENV=production BIDKEEPER_COMMIT=${COMMIT}']);
  });
});
