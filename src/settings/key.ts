// A key of the settings: a schema with its one-line meaning.
import type { z } from 'zod';

/** Hangs the meaning of a key on its schema. */
export const key = <Schema extends z.ZodType>(schema: Schema, meaning: string): Schema =>
  schema.meta({ description: meaning });
