// Slots of a fleet: who sits in them and which generation a next node would carry. A slot is free again only when no living
// node has its name, because a generation may be raised only on proof of the former node's end.
import type { Seq } from '../domain/entry.ts';
import { isAlive, type Books, type NodeBook, type SlotBook } from './books.ts';
import { fleetBook } from './fold-money.ts';

export const slotOf = (books: Books, fleet: string, slot: number): SlotBook => {
  const slots = fleetBook(books, fleet).slots;
  const known = slots.get(slot);
  if (known !== undefined) return known;
  const fresh: SlotBook = { generation: 0, reusable: false, taken: false };
  slots.set(slot, fresh);
  return fresh;
};

/** Frees the slot of a node that was refused, voided or has ended, unless another living node has the same name. */
export const freeSlot = (books: Books, node: NodeBook, reusable: boolean): void => {
  const slot = slotOf(books, node.fleet, node.slot);
  if (slot.generation !== node.generation) return;
  slot.taken = (books.byName.get(node.name) ?? []).some((seq) => seq !== node.seq && isAliveAt(books, seq));
  slot.reusable = reusable && !slot.taken;
};

/** A node that was thought void turned up: its slot is taken again. */
export const claimSlot = (books: Books, node: NodeBook): void => {
  const slot = slotOf(books, node.fleet, node.slot);
  if (slot.generation !== node.generation) return;
  slot.taken = true;
  slot.reusable = false;
};

const isAliveAt = (books: Books, seq: Seq): boolean => {
  const node = books.nodes.get(seq);
  return node !== undefined && isAlive(node);
};
