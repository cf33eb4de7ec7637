// The v1 node calls: what each reads, refuses and answers. Statuses and bodies are those of api/sfcompute-v1.md.
import { SECOND_MS } from '../domain/time.ts';
import { readCreate } from './create-request.ts';
import { invalid, isRefusal, noNode, refusalReply, refuse, type Refusal } from './errors.ts';
import type { MarketRequest, Reply } from './exchange.ts';
import type { Fault } from './faults.ts';
import { isBase64, readBody } from './fields.ts';
import { deleteNode, redeployNode, releaseNode } from './node-actions.ts';
import { findNode } from './node-life.ts';
import { createNodes, extendNode } from './purchases.ts';
import type { MarketState, NodeRow } from './state.ts';
import { renderList, renderNode } from './wire-node.ts';

/** What a route gets: the request taken apart, and the fault that struck it. */
export interface Call {
  readonly market: MarketState;
  readonly request: MarketRequest;
  readonly query: URLSearchParams;
  /** The decoded id or name in the path; empty where the path has none. */
  readonly target: string;
  readonly fault: Fault | null;
}

const nodeReply = (result: NodeRow | Refusal): Reply =>
  isRefusal(result) ? refusalReply(result) : { status: 200, body: renderNode(result), nodes: [result.id] };

const isVisible = (market: MarketState, node: NodeRow): boolean => node.hiddenUntilMs <= market.nowMs;

/** `POST /v1/nodes` */
export const postNodes = ({ market, request, fault }: Call): Reply => {
  const wanted = readCreate(market, request.body);
  if (isRefusal(wanted)) return refusalReply(wanted);
  const nodes = createNodes(market, wanted, fault);
  if (isRefusal(nodes)) return refusalReply(nodes);
  return { status: 201, body: renderList(nodes.map(renderNode)), nodes: nodes.map((node) => node.id) };
};

/** `GET /v1/nodes` */
export const listNodes = ({ market, query }: Call): Reply => {
  const chosen = chooseNodes(market, query);
  if ('refused' in chosen) return refusalReply(chosen);
  const entries: string[] = [];
  for (const node of chosen.nodes) if (isVisible(market, node)) entries.push(renderNode(node));
  return { status: 200, body: renderList(entries) };
};

const chooseNodes = (market: MarketState, query: URLSearchParams): { nodes: Iterable<NodeRow> } | Refusal => {
  const ids = query.getAll('id');
  const names = query.getAll('name');
  const type = query.get('type');
  const filters = [ids.length > 0, names.length > 0, type !== null].filter(Boolean).length;
  if (filters > 1) return invalid('id', 'id, name and type cannot be combined.');
  if (ids.length > 0) return { nodes: known(market, ids) };
  if (names.length > 0)
    return {
      nodes: known(
        market,
        names.flatMap((name) => market.names.get(name) ?? []),
      ),
    };
  if (type === null) return { nodes: market.listed.values() };
  if (type !== 'autoreserved' && type !== 'reserved')
    return invalid('type', 'type must be autoreserved or reserved.');
  return { nodes: [...market.listed.values()].filter((node) => node.kind === type) };
};

const known = (market: MarketState, ids: readonly string[]): readonly NodeRow[] =>
  [...new Set(ids)].flatMap((id) => market.nodes.get(id) ?? []);

const onNode = (call: Call, act: (node: NodeRow) => Reply): Reply => {
  const node = findNode(call.market, call.target);
  if (node === null || !isVisible(call.market, node)) return refusalReply(noNode(call.target));
  return act(node);
};

/** `GET /v1/nodes/{id or name}` */
export const getNode = (call: Call): Reply =>
  onNode(call, (node) => ({ status: 200, body: renderNode(node) }));

/** `DELETE /v1/nodes/{id}` → 204 */
export const removeNode = (call: Call): Reply =>
  onNode(call, (node) => {
    const result = deleteNode(call.market, node);
    return isRefusal(result) ? refusalReply(result) : { status: 204, body: '', nodes: [node.id] };
  });

/** `PATCH /v1/nodes/{id}/release`; a body is not needed. */
export const patchRelease = (call: Call): Reply =>
  onNode(call, (node) => {
    const body = readBody(call.request.body, []);
    return isRefusal(body) ? refusalReply(body) : nodeReply(releaseNode(call.market, node));
  });

/** `PATCH /v1/nodes/{id}/extend` */
export const patchExtend = (call: Call): Reply =>
  onNode(call, (node) => {
    const asked = readExtension(call.request.body);
    return isRefusal(asked) ? refusalReply(asked) : nodeReply(extendNode(call.market, node, asked));
  });

const readExtension = (body: string | null): { durationMs: number; maxPrice: number } | Refusal => {
  const fields = readBody(body, ['duration_seconds', 'max_price_per_node_hour']);
  if (isRefusal(fields)) return fields;
  const seconds = fields.integer('duration_seconds', 3600);
  const maxPrice = fields.integer('max_price_per_node_hour', 1);
  for (const field of ['duration_seconds', 'max_price_per_node_hour']) {
    if (!fields.has(field)) fields.problem(field, `${field} is required.`, 'missing_field');
  }
  if (seconds !== null && seconds % 3600 !== 0) {
    fields.problem('duration_seconds', 'duration_seconds must be a multiple of 3600.');
  }
  return fields.problems() ?? { durationMs: (seconds ?? 0) * SECOND_MS, maxPrice: maxPrice ?? 0 };
};

/** `PUT /v1/nodes/{id}/redeploy` */
export const putRedeploy = (call: Call): Reply =>
  onNode(call, (node) => {
    const fields = readBody(call.request.body, ['image_id', 'cloud_init_user_data', 'override_empty']);
    if (isRefusal(fields)) return refusalReply(fields);
    const cloudInit = fields.text('cloud_init_user_data');
    if (cloudInit !== null && !isBase64(cloudInit)) {
      fields.problem('cloud_init_user_data', 'cloud_init_user_data must be base64.');
    }
    const how = { imageId: fields.text('image_id'), overrideEmpty: fields.flag('override_empty') ?? false };
    const problems = fields.problems();
    return problems === null ? nodeReply(redeployNode(call.market, node, how)) : refusalReply(problems);
  });

/** `GET /v1/_healthz` */
export const getHealth = (): Reply => ({ status: 200, body: '{"status":"ok"}' });

/** Any path the venue does not have. */
export const noRoute = (call: Call): Reply =>
  refusalReply(refuse(404, `There is no ${call.request.method} ${call.request.path.split('?')[0] ?? ''}.`));
