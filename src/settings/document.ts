// A YAML text as plain values plus the place of every key and value in it, so that each refusal can point at its line and
// column. Nothing is interpreted here beyond YAML itself; numbers that are not plain digits are refused, because nobody
// means `1e3`, `.inf` or `0x10` in a file about money.
import { LineCounter, type Node, type Pair, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { SettingsCode } from './errors.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A fault of the document itself. */
export interface DocumentFault extends Place {
  readonly code: SettingsCode;
  readonly path: string;
  readonly value: string | null;
  readonly reason: string;
  readonly remedy: string;
}

export interface SettingsDocument {
  /** Plain values; `undefined` when the text could not be read. */
  readonly root: unknown;
  readonly faults: readonly DocumentFault[];
  /** Where the key at a path stands; the place of the nearest parent when it is missing. */
  readonly keyPlace: (path: string) => Place;
  readonly valuePlace: (path: string) => Place;
  /** The scalar at a path as it was written. */
  readonly written: (path: string) => string | null;
  /** Whether something was written at that path. */
  readonly has: (path: string) => boolean;
}

/** `fleets[0].bid`: how a path is written everywhere. */
export const joinPath = (parent: string, key: string | number): string => {
  if (typeof key === 'number') return `${parent}[${key}]`;
  return parent === '' ? key : `${parent}.${key}`;
};

const parentPath = (path: string): string => path.replace(/(\.[^.[\]]*|\[\d+\]|^[^.[\]]*)$/, '');

const DEEPEST = 16;
/** A file of 1 MiB cannot hold more without aliases of aliases. */
const MOST_NODES = 300_000;
const LONGEST_WRITTEN = 80;

const remedyOf = (code: string, reason: string): string => {
  if (/alias/i.test(reason) || code === 'BAD_ALIAS')
    return 'A text that begins with * is put in quotes, as cron text always is';
  if (code === 'TAB_AS_INDENT') return 'Indent with spaces';
  return 'Mend the text at that place';
};

class Reader {
  readonly faults: DocumentFault[] = [];
  readonly keys = new Map<string, Place>();
  readonly values = new Map<string, Place>();
  readonly texts = new Map<string, string>();
  readonly #lines = new LineCounter();
  readonly #document;
  #nodes = 0;
  #tooLarge = false;

  constructor(text: string) {
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      stringKeys: false,
    });
  }

  read(): unknown {
    for (const error of this.#document.errors) this.#syntax(error.code, error.message, error.pos[0]);
    for (const warning of this.#document.warnings)
      this.#syntax(warning.code, warning.message, warning.pos[0]);
    if (this.faults.some(({ code }) => code === 'E_SETTINGS_YAML')) return undefined;
    this.values.set('', { line: 1, column: 1 });
    const root = this.#value(this.#document.contents, '', 0);
    return this.#tooLarge ? undefined : root;
  }

  #syntax(code: string, message: string, position: number): void {
    const duplicate = code === 'DUPLICATE_KEY';
    this.faults.push({
      ...this.#place(position),
      code: duplicate ? 'E_SETTINGS_DUPLICATE_KEY' : 'E_SETTINGS_YAML',
      path: '',
      value: duplicate ? this.#wordAt(position) : null,
      reason: duplicate ? 'this key stands twice in the same mapping' : message,
      remedy: duplicate ? 'Keep one of the two' : remedyOf(code, message),
    });
  }

  #wordAt(position: number): string | null {
    let word: string | null = null;
    const visit = (node: unknown): void => {
      if (isMap(node)) {
        for (const pair of node.items) {
          if (isScalar(pair.key) && pair.key.range?.[0] === position) word = String(pair.key.value);
          visit(pair.value);
        }
      } else if (isSeq(node)) for (const item of node.items) visit(item);
    };
    visit(this.#document.contents);
    return word;
  }

  #place(position: number): Place {
    const { line, col } = this.#lines.linePos(position);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #value(node: unknown, path: string, depth: number): unknown {
    if (this.#tooLarge) return undefined;
    this.#nodes += 1;
    if (depth > DEEPEST || this.#nodes > MOST_NODES) {
      this.#tooLarge = true;
      this.#fault(
        'E_SETTINGS_TOO_LARGE',
        path,
        null,
        'this is nested deeper or longer than any setting',
        'Remove it',
      );
      return undefined;
    }
    if (isAlias(node)) {
      this.#remember(node, path);
      const target = node.resolve(this.#document);
      return target === undefined ? undefined : this.#value(target, path, depth + 1);
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return null;
    this.#remember(node, path);
    if (isMap(node)) return this.#mapping(node.items, path, depth);
    if (isSeq(node))
      return node.items.map((item, index) => this.#value(item, joinPath(path, index), depth + 1));
    return this.#scalar(node.value, node.source, path);
  }

  #mapping(items: readonly Pair[], path: string, depth: number): Record<string, unknown> {
    const mapping: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const { key, value } of items) {
      const name = isScalar(key) ? String(key.value) : '?';
      const below = joinPath(path, name);
      const position = (key as Node | null)?.range?.[0];
      if (position !== undefined && !this.keys.has(below)) this.keys.set(below, this.#place(position));
      mapping[name] ??= this.#value(value, below, depth + 1);
    }
    return mapping;
  }

  #scalar(value: unknown, source: string | undefined, path: string): unknown {
    this.texts.set(path, source ?? String(value));
    if (typeof value !== 'number' && typeof value !== 'bigint') return value;
    if (/^\d{1,400}(\.\d+)?$/.test(source ?? '')) return value;
    const reason = /^[+-]/.test(source ?? '')
      ? 'a sign is not allowed'
      : 'a number is written in plain digits';
    this.#fault('E_SETTINGS_VALUE', path, source ?? null, reason, 'Write digits only, for example 8');
    return undefined;
  }

  /** An alias keeps its own place: it is what the user wrote there. */
  #remember(node: Node, path: string): void {
    if (node.range && !this.values.has(path)) this.values.set(path, this.#place(node.range[0]));
  }

  #fault(code: SettingsCode, path: string, value: string | null, reason: string, remedy: string): void {
    this.faults.push({
      ...(this.values.get(path) ?? { line: 1, column: 1 }),
      code,
      path,
      value,
      reason,
      remedy,
    });
  }
}

/** Reads YAML; never throws for what a text can hold. */
export const readDocument = (text: string): SettingsDocument => {
  const reader = new Reader(text);
  const root = reader.read();
  const near = (places: Map<string, Place>, path: string): Place => {
    let at = path;
    while (at !== '') {
      const place = places.get(at) ?? reader.keys.get(at) ?? reader.values.get(at);
      if (place !== undefined) return place;
      at = parentPath(at);
    }
    return { line: 1, column: 1 };
  };
  return {
    root,
    faults: reader.faults,
    keyPlace: (path) => near(reader.keys, path),
    valuePlace: (path) => near(reader.values, path),
    written: (path) => {
      const found = reader.texts.get(path);
      return found === undefined || found.length <= LONGEST_WRITTEN
        ? (found ?? null)
        : `${found.slice(0, LONGEST_WRITTEN)}…`;
    },
    has: (path) => reader.keys.has(path) || reader.values.has(path),
  };
};
