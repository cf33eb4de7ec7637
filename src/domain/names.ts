// The name of a node is its identity: `<prefix>-<id>-<fleet>-<slot>-g<generation>`. It is computed, never remembered, and
// it is the only handle by which a purchase whose answer was lost can be recognised.

export interface NodeName {
  readonly prefix: string;
  /** Four characters made with the ledger. */
  readonly ledgerId: string;
  readonly fleet: string;
  readonly slot: number;
  readonly generation: number;
}

/** What a prefix and a fleet may look like, so that a name can be read back without doubt. */
export const PREFIX_PATTERN = /^[a-z][a-z0-9]{0,15}$/;
export const FLEET_PATTERN = /^[a-z][a-z0-9-]{0,47}$/;

export const formatNodeName = (name: NodeName): string =>
  `${name.prefix}-${name.ledgerId}-${name.fleet}-${name.slot}-g${name.generation}`;

const NAME = /^([a-z][a-z0-9]*)-([a-z0-9]{4})-([a-z][a-z0-9-]*)-(0|[1-9]\d{0,8})-g(0|[1-9]\d{0,8})$/;

/** Reads a name back; null when it does not have our form. */
export const parseNodeName = (text: string): NodeName | null => {
  const match = NAME.exec(text);
  if (match === null) return null;
  const [, prefix, ledgerId, fleet, slot, generation] = match;
  if (prefix === undefined || ledgerId === undefined || fleet === undefined) return null;
  return { prefix, ledgerId, fleet, slot: Number(slot), generation: Number(generation) };
};

/** True when a venue's node name begins with our prefix, whether or not the rest can be read. */
export const hasPrefix = (text: string, prefix: string): boolean => text.startsWith(`${prefix}-`);
