// The overview in a few lines of a terminal: what is wrong on top, a line for each fleet, money, what was last decided. What
// comes from the venue or the settings is stripped of control characters, so that no message can play with the terminal.
import {
  costToCentsUp,
  formatCents,
  formatGpuPrice,
  GPUS_PER_NODE,
  type CentSeconds,
} from '../domain/money.ts';
import type { Overview, Said } from '../domain/overview.ts';
import type { FleetReport } from '../domain/report.ts';
import { formatDuration, formatInstant, type DurationMs } from '../domain/time.ts';

export interface Contact {
  /** Real time since the daemon last answered; 0 while it does. */
  readonly silentMs: DurationMs;
  /** Real time since the last new report. */
  readonly ageMs: DurationMs;
}

const BAR_CELLS = 12;
const ALARMS_MAX = 4;
const SAID_MAX = 3;
/** A tick that is this late is said. */
const LATE_MS = 60_000;

const price = (limit: number): string =>
  formatGpuPrice(limit as FleetReport['ceiling']).replace('/gpu-hour', '');

/** Without control characters, and without the invisible ones that change the direction of writing. */
const clean = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');

/** The whole screen, line by line; `most` lines at most, the fleets being cut. */
export const watchLines = (seen: Overview, contact: Contact, most = Number.POSITIVE_INFINITY): string[] => {
  const above = [headLine(seen, contact), ...warningLines(seen)];
  const below = [moneyLine(seen), ...saidLines(seen)];
  const fleets = seen.fleets.map((fleet) => fleetLine(seen, fleet, widestOf(seen)));
  const room = Math.max(1, most - above.length - below.length);
  const cut = fleets.length > room;
  const shown = cut ? fleets.slice(0, room - 1) : fleets;
  const rest = cut ? [`… and ${fleets.length - shown.length} more fleets`] : [];
  return [...above, ...shown, ...rest, ...below].map(clean).slice(0, most);
};

const headLine = (seen: Overview, { silentMs, ageMs }: Contact): string => {
  const mode = seen.mode === 'live' ? 'live' : 'DRY RUN';
  const halt = !seen.paused ? '' : seen.pause?.drain === true ? ' DRAINING' : ' PAUSED';
  const at = formatInstant(seen.atMs);
  if (silentMs > 0)
    return `NO CONTACT for ${formatDuration(silentMs)}; below is what was known at ${at}; held nodes go on costing`;
  const late = ageMs > LATE_MS ? `, NO TICK for ${formatDuration(ageMs)}` : '';
  return `bidkeeper ${mode}${halt}  ${at}${late}`;
};

/** Shared with plain output, where they are said when they come. */
export const warningLines = (seen: Overview): string[] => {
  const lines: string[] = [];
  if (seen.paused) {
    const rate = seen.fleets.reduce((sum, one) => sum + one.unattendedRate, 0);
    const by = seen.pause === null ? '' : ` by ${seen.pause.by} (${seen.pause.why})`;
    const word = seen.pause?.drain === true ? 'draining' : 'paused';
    lines.push(`! ${word}${by}; held nodes go on for at most ${formatCents(rate)} an hour`);
  }
  if (seen.end !== 'done' && seen.end !== 'moved') lines.push(`! last tick: ${seen.problem ?? seen.end}`);
  for (const { code, fleet, text, count } of seen.alarms.slice(0, ALARMS_MAX)) {
    const times = count > 1 ? ` × ${count}` : '';
    lines.push(`! ${fleet === null ? '' : `${fleet}: `}${code}${times}: ${text}`);
  }
  const more = seen.alarms.length - ALARMS_MAX;
  if (more > 0) lines.push(`! and ${more} more alarms`);
  return lines.map(clean);
};

const NAME_MAX = 24;
const nameOf = (fleet: FleetReport): string =>
  fleet.fleet.length > NAME_MAX ? `${fleet.fleet.slice(0, NAME_MAX - 1)}…` : fleet.fleet;

interface Widths {
  readonly name: number;
  readonly gpus: number;
}

const gpusText = ({ runningNodes, wantedGpus }: FleetReport): string =>
  `${runningNodes * GPUS_PER_NODE}/${wantedGpus}`;

const widestOf = (seen: Overview): Widths => ({
  name: Math.max(...seen.fleets.map((one) => nameOf(one).length)),
  gpus: Math.max(...seen.fleets.map((one) => gpusText(one).length)),
});

const bar = ({ runningNodes, wantedNodes }: FleetReport): string => {
  const share = wantedNodes === 0 ? 1 : Math.min(1, runningNodes / wantedNodes);
  const full = Math.floor(share * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`;
};

/** What plain output says of a fleet, too. */
export const fleetLine = (seen: Overview, fleet: FleetReport, { name, gpus } = widestOf(seen)): string => {
  const asks = seen.market.flatMap((one) => (one.gpu === fleet.gpu && one.ask !== null ? [one.ask] : []));
  const limit = fleet.limit === null ? 'no bid stands' : `limit ${price(fleet.limit)}`;
  const ask = asks.length === 0 ? 'ask unknown' : `ask ${price(Math.min(...asks))}`;
  return [
    nameOf(fleet).padEnd(name),
    bar(fleet),
    `${gpusText(fleet).padStart(gpus)} GPUs`,
    `${limit}  ${ask}  ceiling ${price(fleet.ceiling)}`,
    `${formatCents(fleet.spendRate)}/h`,
    standingOf(seen, fleet),
  ].join('  ');
};

const standingOf = (seen: Overview, fleet: FleetReport): string => {
  const parts: string[] = [];
  const missing = fleet.wantedNodes - fleet.runningNodes;
  if (missing > 0) {
    const since =
      fleet.shortfallSinceMs === 0 ? '' : ` for ${formatDuration(seen.atMs - fleet.shortfallSinceMs)}`;
    parts.push(`${missing * GPUS_PER_NODE} short${since}`);
  }
  if (missing < 0) parts.push(`${-missing * GPUS_PER_NODE} too many`);
  if (fleet.unknownPurchases > 0) parts.push(`${fleet.unknownPurchases} unknown`);
  return parts.length === 0 ? 'ok' : parts.join(', ');
};

const moneyLine = (seen: Overview): string => {
  const spending = seen.spending.find((one) => one.budget === 'process');
  const part = (word: string, period: 'day' | 'month', spent: CentSeconds | undefined): string => {
    const budget = seen.budgets.find((one) => one.budget === 'process' && one.period === period);
    const sum = spent === undefined ? 'unknown' : formatCents(costToCentsUp(spent));
    if (budget === undefined) return `${word} ${sum}`;
    return `${word} ${sum} + ${formatCents(costToCentsUp(budget.earmarked))} put aside of ${formatCents(budget.limit)}`;
  };
  return `${part('today', 'day', spending?.today)};  ${part('this month', 'month', spending?.month)}`;
};

const saidLines = (seen: Overview): string[] => seen.said.slice(0, SAID_MAX).map(saidLine);

const saidLine = (said: Said): string => {
  const nodes = said.name ?? (said.nodes === 1 ? '1 node' : `${said.nodes} nodes`);
  const what = said.action === 'none' ? said.reason : `${said.action} ${nodes}`;
  const where = said.zone === null ? '' : ` in ${said.zone}`;
  const limit = said.limit === null ? '' : ` at ${price(said.limit)}`;
  const how = {
    did: '',
    held_back: `held back by ${said.guard}: `,
    note: 'waits: ',
    refused: 'REFUSED: ',
    unknown: 'NO ANSWER: ',
  };
  const time = formatInstant(said.untilMs).slice(11, 19);
  return `${time}  ${said.fleet}: ${how[said.kind]}${what}${where}${limit}: ${said.why}`;
};
