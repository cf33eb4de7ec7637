// The documentation held to what is there: links lead somewhere, commands and options exist, settings in it are accepted, error
// codes and metrics are known. The generated references are held to the program by readme.test.ts.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadSettings } from '../src/settings/load.ts';
import { NOW } from './settings/given.ts';

const root = resolve(import.meta.dirname, '..');
const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].toSorted();
const textOf = new Map(pages.map((page) => [page, readFileSync(join(root, page), 'utf8')]));
const reference = (name: string): string => textOf.get(`docs/reference/${name}.md`) ?? '';

interface Block {
  readonly page: string;
  readonly language: string;
  readonly body: string;
}
const blocks: readonly Block[] = [...textOf].flatMap(([page, text]) =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = '', body = '']) => ({
    page,
    language,
    body,
  })),
);
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '');

/** The anchor that a heading gets. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[`*]/g, '')
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string): readonly string[] =>
  [...prose(textOf.get(page) ?? '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** What is wrong with a link of a page; null when it leads somewhere. */
const judgeLink = (page: string, target: string): string | null => {
  if (/^(https?|mailto):/.test(target)) return null;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(root, resolve(root, dirname(page), path));
  if (!existsSync(join(root, file))) return `${page}: ${target} is not there`;
  if (anchor === undefined || statSync(join(root, file)).isDirectory()) return null;
  return anchorsOf(file).includes(anchor) ? null : `${page}: ${target} has no such heading`;
};

describe('the documentation', () => {
  test('has pages to learn, to do, to look up and to understand', () => {
    for (const folder of ['tutorial', 'how-to', 'reference', 'explanation', 'decisions'])
      expect(pages.filter((page) => page.startsWith(`docs/${folder}/`)).length).toBeGreaterThan(0);
  });

  test('has no link that leads nowhere', () => {
    const links = [...textOf].flatMap(([page, text]) =>
      [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => judgeLink(page, target)),
    );
    expect(links.length).toBeGreaterThan(40);
    expect(links.filter((fault) => fault !== null)).toEqual([]);
  });

  test('has no page that no other page leads to', () => {
    const led = new Set(
      [...textOf].flatMap(([page, text]) =>
        [...prose(text).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) =>
          relative(root, resolve(root, dirname(page), target)),
        ),
      ),
    );
    const lost = pages.filter(
      (page) =>
        page !== 'README.md' && ![...led].some((target) => target === page || dirname(page) === target),
    );
    expect(lost).toEqual([]);
  });

  test('speaks of no error code that does not exist', () => {
    const known = new Set(reference('errors').match(/\bE_[A-Z_]+\b/g));
    const spoken = [...textOf].flatMap(([page, text]) =>
      [...text.matchAll(/\bE_[A-Z]+(?:_[A-Z]+)+\b/g)].map(([code]) => ({ page, code })),
    );
    expect(spoken.filter(({ code }) => !known.has(code))).toEqual([]);
  });

  test('speaks of no metric that does not exist', () => {
    const known = new Set(textOf.get('docs/metrics.md')?.match(/\bbidkeeper_[a-z_]+\b/g));
    const ends = /_(bucket|sum|count)$/;
    const spoken = [...textOf].flatMap(([page, text]) =>
      [...text.matchAll(/(?<![:\w])bidkeeper_[a-z_]+\b(?!:)/g)].map(([name]) => ({
        page,
        name: name.replace(ends, ''),
      })),
    );
    expect(spoken.length).toBeGreaterThan(5);
    expect(
      spoken.filter(({ name }) => ![...known].some((one) => one === name || one.startsWith(name))),
    ).toEqual([]);
  });
});

describe('commands in the documentation', () => {
  const sections = new Map(
    reference('commands')
      .split(/^#+ /m)
      .map((section) => [section.split('\n')[0] ?? '', section] as const),
  );
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ page, body }) =>
      body.split('\n').flatMap((line) => {
        const [, words] = /(?:npx bidkeeper|dist\/main\.js) ([^#|;&>]+)/.exec(line) ?? [];
        return words === undefined ? [] : [{ page, words: words.trim().split(/\s+/) }];
      }),
    );

  test('are verbs and options that exist', () => {
    expect(lines.length).toBeGreaterThan(20);
    const faults = lines.flatMap(({ page, words }) => {
      const sub = sections.get(words.slice(0, 2).join(' '));
      const help = sub ?? sections.get(words[0] ?? '');
      if (help === undefined) return [`${page}: there is no verb ${words[0]}`];
      return words
        .filter((word) => /^--[a-z]/.test(word))
        .map((word) => word.split('=')[0] ?? '')
        .filter((option) => !help.includes(option))
        .map((option) => `${page}: ${words[0]} has no option ${option}`);
    });
    expect(faults).toEqual([]);
  });

  test('run by npm are scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const run = [...textOf].flatMap(([page, text]) =>
      [...text.matchAll(/\bnpm run ([a-z:]+)/g)].map(([, name = '']) => ({ page, name })),
    );
    expect(run.length).toBeGreaterThan(5);
    expect(run.filter(({ name }) => !(name in scripts))).toEqual([]);
  });
});

describe('settings in the documentation', () => {
  const FLEET = ['fleets:', '  - name: train', '    gpu: h100', '    gpus: 8'];
  const BID = '    bid: { ceiling: $2.00/gpu-hour }';

  /** The text as a whole file: settings without fleets get one, keys of a fleet are put into one. */
  const wholes = (body: string): readonly string[] => {
    const value: unknown = parse(body);
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    if (keys.includes('fleets')) return [body];
    const inner = body.split('\n').map((line) => `    ${line}`);
    return [
      [body, ...FLEET, BID].join('\n'),
      [...FLEET, ...(keys.includes('bid') ? [] : [BID]), ...inner].join('\n'),
    ];
  };

  const shown = blocks.filter(
    ({ language, body }) => language === 'yaml' && !body.includes('kustomization.yaml'),
  );

  test('are accepted by the program', () => {
    expect(shown.length).toBeGreaterThan(2);
    for (const { page, body } of shown) {
      const loaded = wholes(body).map((text) => loadSettings({ text }, {}, NOW));
      const problems = loaded.some(({ ok }) => ok) ? [] : loaded.map((one) => (one.ok ? [] : one.problems));
      expect([page, problems]).toEqual([page, []]);
    }
  });
});
