// Slots of a fleet: who sits in them and which generation a next node would carry. A slot is free only while no node lives in
// it, because a generation may be raised only on proof of the former node's end.
import type { Books, NodeBook, SlotBook } from './books.ts';
import { fleetBook } from './fold-money.ts';

export const slotOf = (books: Books, fleet: string, slot: number): SlotBook => {
  const slots = fleetBook(books, fleet).slots;
  const known = slots.get(slot);
  if (known !== undefined) return known;
  const fresh: SlotBook = { generation: 0, reusable: false, living: 0 };
  slots.set(slot, fresh);
  return fresh;
};

/** A node begins to live in its slot: it was asked for, or was thought void and turned up. */
export const enterSlot = (books: Books, node: Pick<NodeBook, 'fleet' | 'slot' | 'generation'>): void => {
  const slot = slotOf(books, node.fleet, node.slot);
  slot.generation = Math.max(slot.generation, node.generation);
  slot.living += 1;
  slot.reusable = false;
};

/** A living node was refused, voided or has ended; `reusable` when its name never existed at the venue. */
export const leaveSlot = (books: Books, node: NodeBook, reusable: boolean): void => {
  const slot = slotOf(books, node.fleet, node.slot);
  slot.living -= 1;
  slot.reusable = reusable && slot.living === 0 && slot.generation === node.generation;
};
