// Keeps the walls of `src`: which room may import which, and that the core (domain, schedule, strategy,
// reconcile, ports) computes the same from the same input, so it neither waits nor looks at clock, chance,
// machine or network. Every file is parsed, so a name in a comment, a string or behind a dot is no false
// alarm. The lint rules say much the same while one types; both are shown here to catch planted violations,
// as a checker that finds nothing proves nothing.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAst } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each room and the rooms it may import beside itself. `main.ts` imports them all, and none imports it; none but it imports `wiring`. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ports: ['domain'],
  schedule: ['domain'],
  strategy: ['domain'],
  reconcile: ['domain', 'strategy'],
  ledger: ['domain', 'ports'],
  venue: ['domain', 'ports'],
  market: ['domain', 'ports'],
  telemetry: ['domain', 'ports'],
  recording: ['domain', 'ports', 'ledger'],
  settings: ['domain', 'ports', 'schedule', 'recording'],
  daemon: ['domain', 'ports', 'schedule', 'strategy', 'reconcile'],
  http: ['domain', 'ports', 'schedule', 'strategy', 'reconcile', 'daemon'],
  backtest: ['domain', 'ports', 'schedule', 'strategy', 'reconcile', 'daemon', 'recording'],
  cli: ['domain', 'ports', 'schedule', 'strategy', 'reconcile', 'daemon'],
  wiring: [
    'domain',
    'ports',
    'schedule',
    'strategy',
    'reconcile',
    'ledger',
    'venue',
    'market',
    'telemetry',
    'recording',
    'settings',
    'daemon',
    'http',
    'backtest',
    'cli',
  ],
};

/** The rooms of the pure core, each with the packages it may use. */
const pure: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ports: [],
  schedule: ['temporal-polyfill'],
  strategy: [],
  reconcile: [],
};

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const impureNames = words(`
  Date process globalThis global setTimeout setInterval setImmediate queueMicrotask performance crypto fetch console
`);
const impureProperties = words('Math.random Temporal.Now');

const topLevel = words(`
  src config test docs Dockerfile package.json package-lock.json tsconfig.json README.md LICENSE CONTRIBUTING.md CHANGELOG.md SECURITY.md
`);

/** A node of the syntax tree as far as this test looks: what kind it is, and whatever else it holds. */
type SyntaxNode = Readonly<{ type: string; start: number }> & Readonly<Record<string, unknown>>;

/** Path below `src`, with forward slashes, to text. */
type Sources = ReadonlyMap<string, string>;

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const roomOf = (path: string): string => path.split('/')[0] ?? path;

/** Every node of the tree with the node around it and the name of the field that holds it there. */
function* walk(
  node: SyntaxNode,
  parent?: SyntaxNode,
  field = '',
): Generator<[SyntaxNode, SyntaxNode | undefined, string]> {
  yield [node, parent, field];
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* walk(child, node, name);
    }
  }
}

/** What a node imports, statically, dynamically or as a type: null is nothing, undefined a computed name. */
const specifierOf = (node: SyntaxNode): { from: string | undefined } | null => {
  const holders =
    /^(Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$|^TSImportType$|^TSExternalModuleReference$/;
  const source = node['source'] ?? node['expression'];
  if (!holders.test(node.type) || source == null) return null;
  return { from: isNode(source) && typeof source['value'] === 'string' ? source['value'] : undefined };
};

/** Whether an identifier stands for a variable or a type, and is not merely the name of a property. */
const isReference = (parent: SyntaxNode | undefined, field: string): boolean => {
  if (parent === undefined) return true;
  if (field === 'property' || field === 'key') return parent['computed'] === true;
  if (parent.type === 'ImportSpecifier' || parent.type === 'ExportSpecifier') return field === 'local';
  return !(parent.type === 'TSQualifiedName' && field === 'right') && parent.type !== 'TSEnumMember';
};

const judgeImport = (path: string, from: string | undefined): string | null => {
  const room = roomOf(path);
  if (from === undefined) return 'imports a computed name, which no arrow can be checked for';
  if (!from.startsWith('.')) {
    if (from === 'node:sqlite' && room !== 'ledger') return 'imports node:sqlite outside ledger';
    return pure[room]?.includes(from) === false ? `is of the pure core and imports ${from}` : null;
  }
  const target = posix.join(posix.dirname(path), from);
  if (target.startsWith('..')) return `imports ${from}, which is outside src`;
  const to = roomOf(target);
  if (path === 'main.ts' || to === room) return null;
  return arrows[room]?.includes(to) ? null : `imports ${to}`;
};

const judgePurity = (
  room: string,
  node: SyntaxNode,
  parent: SyntaxNode | undefined,
  field: string,
): string | null => {
  const waits = node['async'] === true || node['await'] === true || node.type === 'AwaitExpression';
  if (waits) return 'waits (async, await)';
  if (node.type === 'MemberExpression' && isNode(node['object']) && isNode(node['property'])) {
    const name = `${String(node['object']['name'])}.${String(node['property']['name'] ?? node['property']['value'])}`;
    return impureProperties.has(name) ? `uses ${name}` : null;
  }
  if (node.type === 'MetaProperty') return 'uses import.meta';
  if (node.type !== 'Identifier' || !isReference(parent, field)) return null;
  const name = String(node['name']);
  if (impureNames.has(name)) return `uses ${name}`;
  // A port may promise; making and awaiting the promise is its adapter's business.
  if (name === 'Promise' && !(room === 'ports' && parent?.type === 'TSTypeReference')) return 'uses Promise';
  return null;
};

/** Every breach of arrows or purity, as "path:line what it does"; empty when the walls stand. */
const judge = (sources: Sources): readonly string[] => {
  const breaches: string[] = [];
  const sqlite: string[] = [];
  for (const [path, text] of sources) {
    const room = roomOf(path);
    const report = (node: SyntaxNode, what: string | null): void => {
      if (what !== null) breaches.push(`${path}:${text.slice(0, node.start).split('\n').length} ${what}`);
    };
    if (path !== 'main.ts' && arrows[room] === undefined) breaches.push(`${path}:1 stands in no room`);
    // oxlint-disable-next-line typescript/no-deprecated -- what replaces it is not offered by vitest/node yet
    const tree: unknown = parseAst(text, { lang: 'ts' });
    if (!isNode(tree)) throw new Error(`${path} has no syntax tree`);
    for (const [node, parent, field] of walk(tree)) {
      const specifier = specifierOf(node);
      if (specifier !== null) report(node, judgeImport(path, specifier.from));
      if (specifier?.from === 'node:sqlite') sqlite.push(path);
      if (pure[room] !== undefined) report(node, judgePurity(room, node, parent, field));
    }
  }
  if (new Set(sqlite).size > 1) breaches.push(`node:sqlite is imported by ${sqlite.join(' and ')}`);
  return breaches;
};

const sourcesOfTheProduct = (): Sources => {
  const below = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const paths = below.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith('.ts'));
  return new Map(paths.map((path) => [path, readFileSync(join(root, 'src', path), 'utf8')]));
};

const judgeOne = (path: string, text: string): readonly string[] => judge(new Map([[path, text]]));

describe('the walls of src', () => {
  test('no room imports what it may not, and the core is pure', () => {
    const sources = sourcesOfTheProduct();
    expect(sources.size).toBeGreaterThan(0);
    expect(judge(sources)).toEqual([]);
  });

  test('src holds the rooms, main.ts, and the launcher and the page, which are plain JavaScript, and nothing else', () => {
    const known = new Set([...Object.keys(arrows), 'main.ts', 'launcher', 'page']);
    expect(readdirSync(join(root, 'src')).filter((name) => !known.has(name))).toEqual([]);
  });

  test('the top level stays small: what git ignores and dotfiles aside, only the known names', () => {
    const ignored = readFileSync(join(root, '.gitignore'), 'utf8')
      .split('\n')
      .map((line) => line.replaceAll('/', ''));
    const names = readdirSync(root).filter((name) => !name.startsWith('.') && !ignored.includes(name));
    expect(names.filter((name) => !topLevel.has(name))).toEqual([]);
  });
});

describe('the checker catches', () => {
  test.each([
    [
      'an import of a forbidden room',
      'domain/a.ts',
      "import { x } from '../ports/x.ts';",
      'domain/a.ts:1 imports ports',
    ],
    [
      'one from a folder in a room',
      'venue/sfcompute/a.ts',
      "import '../../ledger/x.ts';",
      'venue/sfcompute/a.ts:1 imports ledger',
    ],
    [
      'a type-only import',
      'market/a.ts',
      "\nimport type { X } from '../venue/x.ts';",
      'market/a.ts:2 imports venue',
    ],
    [
      'a re-export',
      'strategy/a.ts',
      "export * from '../reconcile/x.ts';",
      'strategy/a.ts:1 imports reconcile',
    ],
    [
      'a dynamic import',
      'daemon/a.ts',
      "const x = () => import('../ledger/x.ts');",
      'daemon/a.ts:1 imports ledger',
    ],
    [
      'a type named through its file',
      'http/a.ts',
      "type X = import('../telemetry/x.ts').X;",
      'http/a.ts:1 imports telemetry',
    ],
    ['an import of main', 'cli/a.ts', "import { x } from '../main.ts';", 'cli/a.ts:1 imports main.ts'],
    [
      'an import of main in the wiring',
      'wiring/a.ts',
      "import { x } from '../main.ts';",
      'wiring/a.ts:1 imports main.ts',
    ],
    [
      'an import of the wiring',
      'daemon/a.ts',
      "import { x } from '../wiring/x.ts';",
      'daemon/a.ts:1 imports wiring',
    ],
    [
      'a way out of src',
      'cli/a.ts',
      "import { x } from '../../test/x.ts';",
      'cli/a.ts:1 imports ../../test/x.ts, which is outside src',
    ],
    ['a new room', 'utils/a.ts', 'export const x = 1;', 'utils/a.ts:1 stands in no room'],
    [
      'a package in the core',
      'reconcile/a.ts',
      "import { z } from 'zod';",
      'reconcile/a.ts:1 is of the pure core and imports zod',
    ],
    [
      'node: in the core',
      'ports/a.ts',
      "import 'node:fs';",
      'ports/a.ts:1 is of the pure core and imports node:fs',
    ],
    [
      'a second user of SQLite',
      'daemon/a.ts',
      "import 'node:sqlite';",
      'daemon/a.ts:1 imports node:sqlite outside ledger',
    ],
    ['async', 'schedule/a.ts', 'export const f = async () => 1;', 'schedule/a.ts:1 waits (async, await)'],
    ['an async method', 'domain/a.ts', 'class A { async m() {} }', 'domain/a.ts:1 waits (async, await)'],
    ['a promise that is made', 'ports/a.ts', 'const x = Promise.resolve(1);', 'ports/a.ts:1 uses Promise'],
    ['a promise beyond ports', 'domain/a.ts', 'type X = Promise<number>;', 'domain/a.ts:1 uses Promise'],
    ['the time of day', 'strategy/a.ts', 'const now = Date.now();', 'strategy/a.ts:1 uses Date'],
    [
      'the time of day by Temporal',
      'schedule/a.ts',
      'Temporal.Now.instant();',
      'schedule/a.ts:1 uses Temporal.Now',
    ],
    ['chance', 'strategy/a.ts', "Math['random']();", 'strategy/a.ts:1 uses Math.random'],
    ['a timer', 'reconcile/a.ts', 'setTimeout(() => {}, 1);', 'reconcile/a.ts:1 uses setTimeout'],
    ['where the file lies', 'domain/a.ts', 'const x = import.meta.url;', 'domain/a.ts:1 uses import.meta'],
    ['the environment', 'domain/a.ts', "const x = { y: process.env['X'] };", 'domain/a.ts:1 uses process'],
    [
      'a global by another way',
      'domain/a.ts',
      'const { process } = globalThis;',
      'domain/a.ts:1 uses globalThis',
    ],
  ])('%s', (_what, path, text, breach) => {
    expect(judgeOne(path, text)).toContain(breach);
  });

  test('node:sqlite in two files of ledger', () => {
    const text = "import 'node:sqlite';";
    const sources = new Map([
      ['ledger/a.ts', text],
      ['ledger/b.ts', text],
    ]);
    expect(judge(sources)).toEqual(['node:sqlite is imported by ledger/a.ts and ledger/b.ts']);
  });

  test('nothing where there is nothing to catch', () => {
    const innocent = [
      "import { x } from './b.ts';",
      "import type { Cents } from '../domain/money.ts';",
      '// the process may await a Date, and Math.random()',
      "const words = ['process', 'async'];",
      'export type Scope = { readonly process: Cents; Date(): string };',
      'export const f = (scope: Scope) => scope.process;',
      'export interface Ledger { append(): Promise<void> }',
    ];
    expect(judgeOne('ports/a.ts', innocent.join('\n'))).toEqual([]);
    expect(judgeOne('schedule/a.ts', "import { Temporal } from 'temporal-polyfill';")).toEqual([]);
    expect(judgeOne('ledger/a.ts', "import { DatabaseSync } from 'node:sqlite';")).toEqual([]);
    expect(judgeOne('wiring/a.ts', "import '../ledger/a.ts'; import '../cli/a.ts';")).toEqual([]);
    expect(judgeOne('main.ts', "import './wiring/a.ts'; await import('./cli/a.ts');")).toEqual([]);
  });
});

test('the lint rules catch the same while one types', () => {
  const planted: Readonly<Record<string, string>> = {
    'domain/a.ts': "import '../ports/x.ts';",
    'ports/a.ts': "import 'node:fs';",
    'schedule/a.ts': "import 'node:fs';",
    'strategy/c.ts': "import 'zod';",
    'strategy/a.ts': 'export const f = () => Math.random();',
    'strategy/b.ts': 'export const f = () => Date.now();',
    'reconcile/a.ts': 'export const f = async () => await g();',
    'reconcile/b.ts': "import '../schedule/x.ts';",
    'venue/sfcompute/a.ts': "import '../../ledger/x.ts';",
    'settings/a.ts': "import '../venue/x.ts';",
    'daemon/a.ts': "import '../ledger/x.ts';",
    'cli/a.ts': "import '../main.ts';",
    'http/a.ts': "import '../wiring/x.ts';",
    'ledger/a.ts': "import '../wiring/x.ts';",
    'wiring/a.ts': "import '../main.ts';",
  };
  const innocent: Readonly<Record<string, string>> = {
    'schedule/c.ts': "import 'temporal-polyfill';\nimport '../domain/x.ts';",
    'reconcile/c.ts': "import '../strategy/x.ts';\nimport './d.ts';",
    'wiring/c.ts': "import '../ledger/x.ts';\nimport '../cli/x.ts';\nimport './d.ts';",
    'venue/sfcompute/c.ts': "import 'undici';\nimport '../../ports/x.ts';\nimport '../y.ts';",
  };
  const folder = mkdtempSync(join(tmpdir(), 'bidkeeper-lint-'));
  try {
    // Without types: what is planted here belongs to no TypeScript project.
    const rules = readFileSync(join(root, '.oxlintrc.json'), 'utf8').replace(
      '"typeAware": true',
      '"typeAware": false',
    );
    writeFileSync(join(folder, '.oxlintrc.json'), rules);
    for (const [path, text] of Object.entries({ ...planted, ...innocent })) {
      mkdirSync(dirname(join(folder, 'src', path)), { recursive: true });
      writeFileSync(join(folder, 'src', path), text);
    }
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
    const { stdout } = spawnSync(process.execPath, [oxlint, '--format=unix'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const caught = new Set([...stdout.matchAll(/src\/(\S+?\.ts):\d+/g)].map(([, path]) => path ?? ''));
    expect([...caught].sort()).toEqual(Object.keys(planted).sort());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
