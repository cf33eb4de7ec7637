// Programs of the system that some tests call: Prometheus and its tools, Alertmanager's, a browser. A machine without one
// still runs every other test and is told loudly, at the end, which did not run and how to get them; with CI=true a missing
// program fails its tests instead, so that a green run in CI has run everything.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';
import { NOT_RUN } from './not-run-reporter.ts';

/** The Debian package that brings each program. `.ci/run` installs them. */
const PACKAGES = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  amtool: 'prometheus-alertmanager',
  chromium: 'chromium',
  'systemd-analyze': 'systemd',
  'systemd-notify': 'systemd',
  python3: 'python3-minimal',
  kubectl: 'kubernetes-client',
} as const;
type SystemProgram = keyof typeof PACKAGES;

type Environment = Readonly<Record<string, string | undefined>>;

export type Search =
  | { readonly found: true; readonly paths: readonly string[] }
  /** `fatal`: the absence is a failure here. */
  | { readonly found: false; readonly fatal: boolean; readonly why: string };

/** Looks for all of `names` on the PATH of `environment`. */
export const searchPrograms = (names: readonly SystemProgram[], environment: Environment): Search => {
  const folders = (environment['PATH'] ?? '').split(delimiter);
  const paths = names.map((name) => folders.map((folder) => join(folder, name)).find(isProgram));
  const missing = names.filter((_, index) => paths[index] === undefined);
  if (missing.length === 0) return { found: true, paths: paths.filter((path) => path !== undefined) };
  const packages = [...new Set(missing.map((name) => PACKAGES[name]))].join(' ');
  const why = `${missing.join(', ')} not found (Debian: apt-get install --no-install-recommends ${packages})`;
  return { found: false, fatal: environment['CI'] === 'true', why };
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** A group of tests that call `names`; `body` gets their paths, in the same order. */
export const describeWith = <const Names extends readonly SystemProgram[]>(
  names: Names,
  title: string,
  body: (...paths: { readonly [Index in keyof Names]: string }) => void,
): void => {
  const search = searchPrograms(names, process.env);
  if (search.found) {
    describe(title, () => {
      body(...(search.paths as { readonly [Index in keyof Names]: string }));
    });
  } else if (search.fatal) {
    it(`${title}: the programs it calls are here`, () => {
      throw new Error(`${search.why}; with CI=true no test may be left out`);
    });
  } else {
    describe.skip(`${title}: ${NOT_RUN}, ${search.why}`, () => {
      it('needs the programs named above', () => undefined);
    });
  }
};
