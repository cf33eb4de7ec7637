// Whose an entry is: entries name nodes and intents by number, and people ask by fleet and by name. It is fed every record
// in order and remembers only what later entries may still speak of, so that a ledger of years needs little memory.
import type { Entry, LedgerRecord, Seq } from '../../domain/entry.ts';
import { DAY_MS, type UnixMs } from '../../domain/time.ts';

export interface Subject {
  readonly fleet: string | null;
  /** The name of the node. */
  readonly node: string | null;
  readonly nodeSeq: Seq | null;
  readonly zone: string | null;
}

/** Orders of an ended node are settled up to seven days later; a void node may turn up as late. */
const REMEMBERED_MS = 8 * DAY_MS;

interface Known {
  readonly subject: Subject;
  readonly intents: Seq[];
}

export class Attribution {
  readonly #nodes = new Map<Seq, Known>();
  readonly #byIntent = new Map<Seq, Seq>();
  readonly #leaving: { readonly node: Seq; readonly atMs: UnixMs }[] = [];

  /** Whom a record speaks of: nobody (the whole process), one, or several. Takes every record once, in order. */
  subjectsOf({ seq, atMs, entry }: LedgerRecord): readonly Subject[] {
    this.#forgetUntil(atMs);
    switch (entry.kind) {
      case 'create_intended': {
        const { fleet, name, zone } = entry;
        const subject: Subject = { fleet, node: name, nodeSeq: seq, zone };
        this.#nodes.set(seq, { subject, intents: [seq] });
        this.#byIntent.set(seq, seq);
        return [subject];
      }
      case 'budget_stage_reached':
        return entry.fleet === null ? [] : [{ fleet: entry.fleet, node: null, nodeSeq: null, zone: null }];
      case 'node_adopted': {
        const { fleet, zone, seen } = entry;
        const subject: Subject = { fleet, node: seen.name, nodeSeq: seq, zone };
        this.#nodes.set(seq, { subject, intents: [] });
        return [subject];
      }
      case 'target_overridden':
      case 'target_override_ended':
      case 'coverage_changed':
      case 'references_changed':
      case 'generation_seen':
        return [{ fleet: entry.fleet, node: null, nodeSeq: null, zone: null }];
      case 'climb_moved':
      case 'shadow_bought':
        return [{ fleet: entry.fleet, node: null, nodeSeq: null, zone: entry.zone }];
      case 'node_disowned': {
        const mine = entry.node === null ? undefined : this.#nodes.get(entry.node)?.subject;
        return [mine ?? { fleet: null, node: entry.name, nodeSeq: null, zone: null }];
      }
      case 'unowned_seen':
        return [{ fleet: entry.fleet, node: entry.name, nodeSeq: null, zone: null }];
      case 'renewals_authorised':
        return entry.nodes.flatMap((node) => this.#nodes.get(node)?.subject ?? []);
      case 'order_split':
        return entry.shares.flatMap(({ node }) => this.#nodes.get(node)?.subject ?? []);
      default: {
        const node = this.#nodeOf(entry);
        const known = node === null ? undefined : this.#nodes.get(node);
        if (node === null || known === undefined) return [];
        if (isIntent(entry)) {
          this.#byIntent.set(seq, node);
          known.intents.push(seq);
        }
        if (isLast(entry)) this.#leaving.push({ node, atMs });
        return [known.subject];
      }
    }
  }

  #nodeOf(entry: Entry): Seq | null {
    if ('intent' in entry) return this.#byIntent.get(entry.intent) ?? null;
    return 'node' in entry && typeof entry.node === 'number' ? entry.node : null;
  }

  #forgetUntil(atMs: UnixMs): void {
    for (;;) {
      const [oldest] = this.#leaving;
      if (oldest === undefined || oldest.atMs > atMs - REMEMBERED_MS) return;
      this.#leaving.shift();
      for (const intent of this.#nodes.get(oldest.node)?.intents ?? []) this.#byIntent.delete(intent);
      this.#nodes.delete(oldest.node);
    }
  }
}

/** True for the entries that are decisions to change something at the venue. */
export const isIntent = (entry: Entry): boolean =>
  entry.kind.endsWith('_intended') && entry.kind !== 'create_intended';

const isLast = (entry: Entry): boolean =>
  entry.kind === 'node_ended' || (entry.kind === 'change_refused' && entry.change === 'create');
