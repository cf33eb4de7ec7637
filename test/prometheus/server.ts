// A real Prometheus of the system on a folder and a free port of its own, asked over its HTTP API. It is killed at the latest
// when its file ends, and what it said is part of every failure.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../process/floor.ts';
import { until } from '../process/until.ts';

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Pairs of seconds and value; one pair of an instant query. */
  readonly points: readonly (readonly [number, number])[];
}

export interface PrometheusServer {
  /** Every series of an expression at an instant, in seconds. */
  readonly instant: (expr: string, atSeconds: number) => Promise<readonly Series[]>;
  readonly range: (
    expr: string,
    window: { readonly from: number; readonly to: number; readonly step: number },
  ) => Promise<readonly Series[]>;
  readonly stop: () => Promise<void>;
}

export interface ServerOptions {
  readonly path: string;
  /** Its data are in `data` below it. */
  readonly folder: string;
  readonly config: object;
  readonly options?: readonly string[];
}

export const startPrometheus = async (given: ServerOptions): Promise<PrometheusServer> => {
  const { folder } = given;
  const port = await freePort();
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'prometheus.yaml'), stringify(given.config));
  const said: string[] = [];
  const child = spawn(
    given.path,
    [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=20y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
      ...(given.options ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let ended = false;
  const end = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      resolve();
    });
  });
  for (const output of [child.stdout, child.stderr]) output.on('data', (text) => said.push(String(text)));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await end;
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(
      'Prometheus is ready',
      async () => {
        if (ended) throw new Error(`Prometheus ended: ${said.join('')}`);
        const answer = await fetch(`${url}/-/ready`).catch(() => null);
        return answer?.ok === true ? true : null;
      },
      { seen: () => said.join('') },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...queries(url), stop };
};

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

const queries = (url: string): Omit<PrometheusServer, 'stop'> => {
  const ask = async (
    path: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<readonly Series[]> => {
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
      signal: AbortSignal.timeout(60_000),
    });
    const body = (await answer.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: { readonly resultType: string; readonly result: readonly Result[] };
    };
    if (body.status !== 'success') throw new Error(`${parameters['query']}: ${body.error}`);
    return (body.data?.result ?? []).map(({ metric, value, values }) => ({
      metric,
      points: (values ?? (value === undefined ? [] : [value])).map(([at, text]) => [at, numberOf(text)]),
    }));
  };
  return {
    instant: (query, at) => ask('query', { query, time: String(at) }),
    range: (query, { from, to, step }) =>
      ask('query_range', { query, start: String(from), end: String(to), step: String(step) }),
  };
};

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));
