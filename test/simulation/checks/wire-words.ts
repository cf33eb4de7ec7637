// What a request on the wire asks for, read from its own bytes: the checkers' own small reading of the venue's API, apart
// from the client they check.
import type { WireChange } from '../trace.ts';

export type WireKind = 'create' | 'extend' | 'release' | 'delete' | 'raise' | 'other';

export const changeKindOf = ({ method, path }: WireChange): WireKind => {
  if (method === 'POST' && path === '/v1/nodes') return 'create';
  if (method === 'DELETE' && path.startsWith('/v1/nodes/')) return 'delete';
  if (method !== 'PATCH') return 'other';
  if (path.endsWith('/extend')) return 'extend';
  if (path.endsWith('/release')) return 'release';
  return path.startsWith('/v0/procurements/') ? 'raise' : 'other';
};

/** Cents per node-hour that the request carries; null when it carries none. */
export const limitOf = ({ body }: WireChange): number | null => {
  const { max_price_per_node_hour: perNode, buy_limit_price_per_gpu_hour: perGpu } = body;
  if (typeof perNode === 'number') return perNode;
  return typeof perGpu === 'number' ? perGpu * 8 : null;
};

/** The name (create), node id or procurement id that it is about. */
export const targetOf = (change: WireChange): string => {
  if (changeKindOf(change) === 'create') {
    const { names } = change.body;
    return Array.isArray(names) ? String(names[0]) : '';
  }
  return decodeURIComponent(change.path.split('/')[3] ?? '');
};

/** Requests that can make money leave: a purchase, an extension. A raise is judged by its direction. */
export const buys = (change: WireChange): boolean => ['create', 'extend'].includes(changeKindOf(change));
