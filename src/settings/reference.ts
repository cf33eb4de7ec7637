// The README's table of every setting, made from the schema so that it cannot be wrong: key, sort of value, default, meaning.
import type { z } from 'zod';
import { settingsSchema } from './schema.ts';

interface Row {
  readonly path: string;
  readonly sort: string;
  readonly preset: string;
  readonly meaning: string;
}

interface Peeled {
  readonly schema: z.ZodType;
  /** As it would be written in the file; null when the key must be given. */
  readonly preset: string | null;
}

const definition = (schema: z.ZodType): z.core.$ZodTypes['_zod']['def'] =>
  (schema as unknown as z.core.$ZodTypes)._zod.def;

const written = (value: unknown): string => {
  if (typeof value === 'string') return `\`${value}\``;
  if (Array.isArray(value)) return value.length === 0 ? '`[]`' : 'see below';
  return typeof value === 'number' || typeof value === 'boolean' ? `\`${value}\`` : 'see below';
};

const peel = (schema: z.ZodType, preset: string | null = null): Peeled => {
  const def = definition(schema);
  if (def.type === 'optional') return peel(def.innerType as z.ZodType, preset ?? '–');
  if (def.type === 'prefault') return peel(def.innerType as z.ZodType, written(def.defaultValue));
  return { schema, preset };
};

const sortOf = (schema: z.ZodType): string => {
  const title = schema.meta()?.title;
  if (title !== undefined) return title;
  const def = definition(schema);
  if (def.type === 'pipe') return sortOf(def.in as z.ZodType);
  if (def.type === 'union') return (def.options as readonly z.ZodType[]).map(sortOf).join(', or ');
  return def.type === 'array' ? 'list' : 'keys below';
};

/** The mappings below a schema, with what is added to the path. */
const below = (
  schema: z.ZodType,
): readonly { readonly suffix: string; readonly shape: z.core.$ZodShape }[] => {
  const def = definition(schema);
  if (def.type === 'object') return [{ suffix: '', shape: def.shape }];
  if (def.type === 'array')
    return below(peel(def.element as z.ZodType).schema).map((inner) => ({
      ...inner,
      suffix: `[]${inner.suffix}`,
    }));
  if (def.type === 'union') return (def.options as readonly z.ZodType[]).flatMap((option) => below(option));
  return [];
};

const rowsOf = (shape: z.core.$ZodShape, parent: string): readonly Row[] =>
  Object.entries(shape).flatMap(([name, raw]) => {
    const outer = raw as z.ZodType;
    const { schema, preset } = peel(outer);
    const path = parent === '' ? name : `${parent}.${name}`;
    const row: Row = {
      path,
      sort: sortOf(schema),
      preset: preset ?? '**required**',
      meaning: outer.meta()?.description ?? '',
    };
    return [row, ...below(schema).flatMap((inner) => rowsOf(inner.shape, `${path}${inner.suffix}`))];
  });

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A Markdown table of every key, in the order of the schema. */
export const settingsReference = (): string => {
  const rows = rowsOf(settingsSchema.shape, '').map(
    ({ path, sort, preset, meaning }) =>
      `| \`${path}\` | ${cell(sort)} | ${cell(preset)} | ${cell(meaning)} |`,
  );
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
};
