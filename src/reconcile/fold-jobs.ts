// How far a fleet's jobs are: the useful time its nodes gave between two changes of coverage, shared among the jobs they worked
// for, rounded down. Useful time ends where bought time ends, so a late look never makes a job seem nearer its end than it is.
import type { CoverageChanged } from '../domain/entry.ts';
import type { UnixMs } from '../domain/time.ts';
import { nodesOf, type Books, type FleetBook } from './books.ts';
import { usableMs } from './fold-node.ts';

/** Useful node-milliseconds of a fleet up to `atMs`. */
const obtainedMs = (books: Books, fleet: string, atMs: UnixMs): number => {
  let sum = 0;
  for (const zone of books.sums.values()) if (zone.fleet === fleet) sum += zone.obtainedMs;
  for (const node of nodesOf(books, fleet)) sum += usableMs(node, atMs);
  return sum;
};

/** What a job's nodes gave since the last change of coverage. */
const sinceChange = (books: Books, fleet: FleetBook, nodes: number, atMs: UnixMs): number => {
  if (nodes === 0 || fleet.runningNodes === 0) return 0;
  const gained = Math.max(0, obtainedMs(books, fleet.fleet, atMs) - fleet.obtainedAtCoverageMs);
  return Math.floor((gained * nodes) / fleet.runningNodes);
};

/** Closes the stretch up to this change of coverage and begins the next; call it before the fleet's counts change. */
export const coverJobs = (books: Books, fleet: FleetBook, entry: CoverageChanged, atMs: UnixMs): void => {
  const jobs = Object.entries(entry.jobs ?? {});
  if (jobs.length === 0 && fleet.jobs.size === 0) return;
  for (const job of fleet.jobs.values()) {
    job.doneMs += sinceChange(books, fleet, job.nodes, atMs);
    job.nodes = 0;
  }
  fleet.obtainedAtCoverageMs = obtainedMs(books, fleet.fleet, atMs);
  for (const [name, nodes] of jobs) {
    const before = fleet.jobs.get(name);
    if (before === undefined) fleet.jobs.set(name, { doneMs: 0, nodes });
    else before.nodes = nodes;
  }
};

/** Useful node-milliseconds a job was given up to `nowMs`. */
export const jobDoneMs = (books: Books, fleet: string, job: string, nowMs: UnixMs): number => {
  const book = books.fleets.get(fleet);
  const known = book?.jobs.get(job);
  if (book === undefined || known === undefined) return 0;
  return known.doneMs + sinceChange(books, book, known.nodes, nowMs);
};
