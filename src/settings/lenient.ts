// Reads values against a zod schema key by key, so that one wrong key does not hide the next: every problem is reported at
// once, and what could be read is handed on (partly) for the checks that compare keys. Without problems the result is what
// the schema itself would have given; a test holds the two against each other.
import type { z } from 'zod';
import { joinPath } from './document.ts';
import type { SettingsCode } from './errors.ts';
import type { IssueParams, PriceOrShare } from './leaves.ts';
import { nearest } from '../domain/nearest.ts';

/** A problem at a path; `at` says whether the key or the value is to be pointed at. */
export interface Finding {
  readonly code: SettingsCode;
  readonly path: string;
  readonly at: 'key' | 'value';
  readonly reason: string;
  readonly remedy: string;
}

/** The result with everything that could not be read left out. */
export type Draft<Value> = Value extends string | number | boolean | null | undefined | PriceOrShare
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly (Draft<Item> | undefined)[]
    : { readonly [Key in keyof Value]?: Draft<Value[Key]> | undefined };

type Report = (finding: Finding) => void;
type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (raw: unknown): raw is Mapping =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

/** The parts of a schema that matter here; zod's own definitions. */
const definition = (schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] =>
  (schema as z.core.$ZodTypes)._zod.def;

/** The word for the sort of value a schema wants, from its `title`. */
const sortOf = (schema: z.ZodType): { readonly title: string; readonly example: string | null } => {
  const meta = schema.meta();
  if (meta?.title !== undefined) {
    const examples: unknown = meta['examples'];
    const example: unknown = Array.isArray(examples) ? examples[0] : null;
    return { title: meta.title, example: typeof example === 'string' ? example : null };
  }
  const def = definition(schema);
  if (def.type === 'pipe') return sortOf(def.in as z.ZodType);
  if (def.type === 'optional' || def.type === 'prefault') return sortOf(def.innerType as z.ZodType);
  if (def.type === 'array') return { title: 'list', example: null };
  if (def.type === 'object') return { title: `keys ${Object.keys(def.shape).join(', ')}`, example: null };
  return { title: def.type, example: null };
};

const SORT_CODES: Readonly<Record<string, SettingsCode>> = {
  price: 'E_SETTINGS_PRICE',
  'price or share': 'E_SETTINGS_PRICE',
  money: 'E_SETTINGS_MONEY',
  share: 'E_SETTINGS_SHARE',
  'share on top': 'E_SETTINGS_SHARE',
  duration: 'E_SETTINGS_DURATION',
  GPUs: 'E_SETTINGS_GPUS',
};

const describe = (raw: unknown): string => {
  if (raw === null) return 'nothing';
  if (Array.isArray(raw)) return 'a list';
  if (typeof raw === 'number' || typeof raw === 'bigint') return 'a bare number';
  return isMapping(raw) ? 'a mapping' : `a ${typeof raw}`;
};

const wrongSort = (schema: z.ZodType, raw: unknown, path: string): Finding => {
  const { title, example } = sortOf(schema);
  const such = example === null ? '' : `, for example ${example}`;
  if (raw === null) {
    return {
      code: 'E_SETTINGS_TYPE',
      path,
      at: 'key',
      reason: 'the key has no value',
      remedy: `Write a ${title}${such}, or remove the key`,
    };
  }
  const code = typeof raw === 'number' ? (SORT_CODES[title] ?? 'E_SETTINGS_TYPE') : 'E_SETTINGS_TYPE';
  return {
    code,
    path,
    at: 'value',
    reason: `a ${title} belongs here, not ${describe(raw)}`,
    remedy: `Write a ${title}${such}`,
  };
};

const missing = (schema: z.ZodType, path: string): Finding => {
  const { title, example } = sortOf(schema);
  const name = path.replace(/^.*\./, '');
  const such = example === null ? ` (${title})` : `: ${example}`;
  return {
    code: 'E_SETTINGS_MISSING',
    path,
    at: 'key',
    reason: `the key ${name} is missing and has no default`,
    remedy: `Add ${name}${such}`,
  };
};

const outOfRange = (issue: z.core.$ZodIssue, schema: z.ZodType, path: string): Finding => {
  const title = sortOf(schema).title;
  const code = SORT_CODES[title] ?? 'E_SETTINGS_VALUE';
  if (issue.code === 'too_small') {
    return {
      code,
      path,
      at: 'value',
      reason: `the least allowed is ${issue.minimum}`,
      remedy: `Write ${issue.minimum} or more`,
    };
  }
  if (issue.code === 'too_big') {
    return {
      code,
      path,
      at: 'value',
      reason: `the most allowed is ${issue.maximum}`,
      remedy: `Write ${issue.maximum} or less`,
    };
  }
  if (issue.code === 'invalid_value') {
    const list = issue.values.map(String).join(', ');
    return {
      code,
      path,
      at: 'value',
      reason: `this is none of the words allowed here`,
      remedy: `Write one of: ${list}`,
    };
  }
  return { code, path, at: 'value', reason: `this is no ${title}`, remedy: `Write a ${title}` };
};

const readLeaf = (schema: z.ZodType, raw: unknown, path: string, report: Report): unknown => {
  const read = schema.safeParse(raw);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  if (issue === undefined || (issue.code === 'invalid_type' && issue.expected !== 'int'))
    report(wrongSort(schema, raw, path));
  else if (issue.code === 'custom' && issue.params !== undefined) {
    const { code, remedy } = issue.params as IssueParams;
    report({ code, path, at: 'value', reason: issue.message, remedy });
  } else if (raw === null || Array.isArray(raw) || isMapping(raw)) report(wrongSort(schema, raw, path));
  else report(outOfRange(issue, schema, path));
  return undefined;
};

const reportUnknown = (keys: readonly string[], name: string, path: string, report: Report): void => {
  const near = nearest(name, keys);
  report({
    code: 'E_SETTINGS_UNKNOWN_KEY',
    path: joinPath(path, name),
    at: 'key',
    reason: `there is no key ${name} ${path === '' ? 'at the root' : `in ${path}`}`,
    remedy: near === null ? `Remove it; the keys here are ${keys.join(', ')}` : `Did you mean ${near}?`,
  });
};

const readMapping = (
  schema: z.ZodType,
  shape: z.core.$ZodShape,
  raw: unknown,
  path: string,
  report: Report,
): unknown => {
  if (!isMapping(raw)) {
    report(wrongSort(schema, raw, path));
    return undefined;
  }
  const keys = Object.keys(shape);
  for (const name of Object.keys(raw)) if (!keys.includes(name)) reportUnknown(keys, name, path, report);
  const result: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(shape)) {
    const value = readSchema(
      inner as z.ZodType,
      name in raw ? raw[name] : undefined,
      joinPath(path, name),
      report,
      name in raw,
    );
    if (value !== undefined) result[name] = value;
  }
  return result;
};

const readList = (
  schema: z.ZodType,
  element: z.ZodType,
  raw: unknown,
  path: string,
  report: Report,
): unknown => {
  if (!Array.isArray(raw)) {
    report(wrongSort(schema, raw, path));
    return undefined;
  }
  // The length is judged by the schema itself, with elements that always fit.
  const issue = schema.safeParse(raw).error?.issues.find((found) => found.path.length === 0);
  if (issue !== undefined) report(outOfRange(issue, schema, path));
  return raw.map((item, index) => readSchema(element, item, joinPath(path, index), report, true));
};

/** The form of a union that was meant: by the sort of the value, and among mappings by the keys they share. */
const meantOption = (options: readonly z.ZodType[], raw: unknown): z.ZodType | undefined => {
  const shared = (option: z.ZodType): number => {
    const def = definition(option);
    if (isMapping(raw))
      return def.type === 'object' ? 1 + Object.keys(raw).filter((name) => name in def.shape).length : 0;
    if (Array.isArray(raw)) return def.type === 'array' ? 1 : 0;
    if (def.type === 'literal') return def.values.some((value) => value === raw) ? 2 : 0;
    return def.type === 'object' || def.type === 'array' ? 0 : 1;
  };
  const [best] = options
    .map((option) => ({ option, score: shared(option) }))
    .toSorted((a, b) => b.score - a.score);
  return best === undefined || best.score === 0 ? undefined : best.option;
};

const readUnion = (
  schema: z.ZodType,
  options: readonly z.ZodType[],
  raw: unknown,
  path: string,
  report: Report,
): unknown => {
  const option = raw === null ? undefined : meantOption(options, raw);
  if (option !== undefined) return readSchema(option, raw, path, report, true);
  const titles = options.map((each) => sortOf(each).title).join(', or ');
  const reason = raw === null ? 'the key has no value' : `${describe(raw)} does not belong here`;
  report({
    code: 'E_SETTINGS_TYPE',
    path,
    at: raw === null ? 'key' : 'value',
    reason,
    remedy: `Write one of: ${titles}`,
  });
  return undefined;
};

const readSchema = (
  schema: z.ZodType,
  raw: unknown,
  path: string,
  report: Report,
  present: boolean,
): unknown => {
  const def = definition(schema);
  if (def.type === 'optional') {
    return present ? readSchema(def.innerType as z.ZodType, raw, path, report, true) : undefined;
  }
  if (def.type === 'prefault') {
    const given = present ? raw : def.defaultValue;
    return readSchema(def.innerType as z.ZodType, given, path, report, true);
  }
  // Undefined although present: the document itself already said what is wrong with it.
  if (raw === undefined) {
    if (!present) report(missing(schema, path));
    return undefined;
  }
  if (def.type === 'object') return readMapping(schema, def.shape, raw, path, report);
  if (def.type === 'array') return readList(schema, def.element as z.ZodType, raw, path, report);
  if (def.type === 'union') return readUnion(schema, def.options as readonly z.ZodType[], raw, path, report);
  return readLeaf(schema, raw, path, report);
};

/** Reads `raw` against `schema`; every problem goes to `report`, and the result lacks what could not be read. */
export const readLeniently = <Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  report: Report,
): Draft<z.output<Schema>> | undefined =>
  readSchema(schema, raw, '', report, true) as Draft<z.output<Schema>> | undefined;
