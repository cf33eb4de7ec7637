// What `run` says when it starts and when it leaves: where to look, and what goes on costing money without it.
import { formatCents } from '../domain/money.ts';
import type { TickReport } from '../domain/report.ts';

export interface StartFacts {
  readonly version: string;
  readonly fleets: readonly string[];
  readonly venue: string;
  readonly mode: string;
  readonly store: string;
  readonly listen: { readonly host: string; readonly port: number };
}

export const startText = ({ version, fleets, venue, mode, store, listen }: StartFacts): string => {
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `bidkeeper ${version} holds ${fleets.join(', ')} on ${venue} (${mode}); ledger ${store}; metrics on http://${host}:${listen.port}/metrics`;
};

export const stopText = (report: TickReport | null): string => {
  if (report === null) return 'stopped before the first look; whatever runs at the venue goes on as it is';
  const left = report.fleets.map((fleet) => {
    const nodes = report.nodes.filter((node) => node.fleet === fleet.fleet);
    const count = (state: string): number => nodes.filter((node) => node.state === state).length;
    const held = count('running') + count('unhealthy');
    return `${fleet.fleet}: ${held} held, ${count('waiting')} waiting, at most ${formatCents(fleet.unattendedRate)} an hour goes on`;
  });
  return `stopped; nodes are left as they are (${left.join('; ')})`;
};
