// The order of everything in a simulated world: one binary heap by (virtual time, sequence). Two events of one instant run
// in the order in which they were planned, so the same plans always make the same run.

export interface PlannedEvent {
  readonly atMs: number;
  readonly sequence: number;
  readonly label: string;
  readonly run: () => void;
}

export interface EventHeap {
  readonly plan: (atMs: number, label: string, run: () => void) => void;
  /** Takes the next event; undefined when nothing is planned. */
  readonly take: () => PlannedEvent | undefined;
  readonly size: () => number;
}

const isBefore = (a: PlannedEvent, b: PlannedEvent): boolean =>
  a.atMs !== b.atMs ? a.atMs < b.atMs : a.sequence < b.sequence;

export const createEventHeap = (): EventHeap => {
  const heap: PlannedEvent[] = [];
  let sequence = 0;
  return {
    size: () => heap.length,
    plan: (atMs, label, run) => {
      sequence += 1;
      const event = { atMs, sequence, label, run };
      let index = heap.length;
      heap.push(event);
      while (index > 0) {
        const above = (index - 1) >> 1;
        const parent = heap[above] as PlannedEvent;
        if (!isBefore(event, parent)) break;
        heap[index] = parent;
        index = above;
      }
      heap[index] = event;
    },
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      sink(heap, last);
      return first;
    },
  };
};

const sink = (heap: PlannedEvent[], event: PlannedEvent): void => {
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    if (left >= heap.length) break;
    const right = heap[left + 1];
    const takesRight = right !== undefined && isBefore(right, heap[left] as PlannedEvent);
    const child = takesRight ? right : (heap[left] as PlannedEvent);
    if (!isBefore(child, event)) break;
    heap[index] = child;
    index = takesRight ? left + 1 : left;
  }
  heap[index] = event;
};
