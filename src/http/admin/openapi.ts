// The OpenAPI document, made from the table of routes and their schemas: what the daemon checks is what it says it takes.
import { z } from 'zod';
import { HTTP_ERRORS } from '../errors.ts';
import { ROUTES, type Route } from './routes.ts';
import { errorShape } from './shapes.ts';

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): unknown =>
  Object.fromEntries(Object.entries(z.toJSONSchema(schema, { io })).filter(([key]) => key !== '$schema'));

const json = (schema: z.ZodType, io: 'input' | 'output'): unknown => ({
  'application/json': { schema: jsonSchema(schema, io) },
});

const ERRORS = Object.entries(HTTP_ERRORS)
  .map(([code, { meaning }]) => `\`${code}\`: ${meaning}`)
  .join('\n\n');

const parameters = ({ path, query }: Route): readonly unknown[] => [
  ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  ...Object.entries(query instanceof z.ZodObject ? query.shape : {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: jsonSchema(schema as z.ZodType, 'input'),
  })),
];

const operation = (route: Route): unknown => ({
  operationId: `${route.method.toLowerCase()} ${route.path}`.replaceAll(/[^a-z]+/g, '_').replace(/_$/, ''),
  summary: route.summary,
  security: route.body === null ? [{}, { read: [] }] : [{ change: [] }],
  parameters: parameters(route),
  ...(route.body === null ? {} : { requestBody: { required: true, content: json(route.body, 'input') } }),
  responses: {
    200: { description: 'Done, or already so.', content: json(route.answer, 'output') },
    default: { description: `Refused. ${ERRORS}`, content: json(errorShape, 'output') },
  },
});

export const openApi = (version: string): unknown => {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  const bearer = { type: 'http', scheme: 'bearer' };
  return {
    openapi: '3.1.0',
    info: {
      title: 'bidkeeper admin API',
      version,
      description:
        'Reads need no token on this machine unless one is set; changes need the change token. Every change is an entry of the ledger with who and why.',
    },
    paths,
    components: { securitySchemes: { read: bearer, change: bearer } },
  };
};
