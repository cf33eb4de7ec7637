// What `doctor` makes of the facts: one finding a question, each with what to do. A problem keeps the daemon from doing its
// work or costs money without use; a warning will, or may; a note is worth knowing.
import {
  costToCentsUp,
  floorLimit,
  formatCents,
  formatGpuPrice,
  formatPrice,
  GPUS_PER_NODE,
  type CentSeconds,
} from '../../domain/money.ts';
import { hasPrefix } from '../../domain/names.ts';
import { isEnded } from '../../domain/node.ts';
import type { FleetPolicy, Policy } from '../../domain/policy.ts';
import { formatDuration, formatInstant, HOUR_MS } from '../../domain/time.ts';
import { reachBound } from '../../reconcile/liveness.ts';
import type { Facts, LedgerFacts, VenueFacts } from './facts.ts';

export const LEVELS = ['ok', 'note', 'warning', 'problem'] as const;

export interface DoctorFinding {
  readonly check:
    | 'settings'
    | 'token'
    | 'venue'
    | 'balance'
    | 'clock'
    | 'zones'
    | 'market'
    | 'unknown'
    | 'unowned'
    | 'ledger'
    | 'daemon'
    | 'disk';
  readonly level: (typeof LEVELS)[number];
  readonly text: string;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
}

type Check = DoctorFinding['check'];
const ok = (check: Check, text: string): DoctorFinding => ({ check, level: 'ok', text, remedy: null });
const say = (check: Check, level: DoctorFinding['level'], text: string, remedy: string): DoctorFinding => ({
  check,
  level,
  text,
  remedy,
});

const LONG_CLIMB_MS = 12 * HOUR_MS;
const LITTLE_DISK = 100 * 1024 * 1024;
const SOON_FULL = 1024 * 1024 * 1024;
/** A drift under this is not worth a word. */
const DRIFT_CENTS = 500;

export const findingsOf = (facts: Facts, policy: Policy): readonly DoctorFinding[] => [
  ...settingsFindings(facts, policy),
  ...(typeof facts.venue === 'string'
    ? [
        say(
          'token',
          'problem',
          facts.venue,
          'Mend the token or the address of the venue, then run doctor again.',
        ),
      ]
    : venueFindings(facts.venue, policy)),
  ...ledgerFindings(facts, policy),
  ...daemonFindings(facts),
  diskFinding(facts),
];

const settingsFindings = ({ warnings }: Facts, policy: Policy): readonly DoctorFinding[] => {
  const found = warnings.map((text) => say('settings', 'warning', text, 'See the line named.'));
  const { limits, fleets } = policy;
  const unlimited = Object.keys(limits.budget).length === 0;
  for (const fleet of fleets) {
    if (unlimited && Object.keys(fleet.budget).length === 0)
      found.push(
        say(
          'settings',
          'warning',
          `nothing limits what ${fleet.name} spends in a day but its ceiling`,
          'Add a budget to the fleet or to limits.',
        ),
      );
    const bound = reachBound(policy, fleet);
    if (bound > LONG_CLIMB_MS)
      found.push(
        say(
          'settings',
          'warning',
          `${fleet.name} may take ${formatDuration(bound)} to reach its target, even at an ask under its ceiling`,
          'Take larger steps, or take them more often (bid.step, bid.every).',
        ),
      );
  }
  if (limits.ceiling === null || limits.nodes === null)
    found.push(
      say(
        'settings',
        'warning',
        'a typing mistake in a fleet is not caught by a hard cap',
        'Set limits.ceiling and limits.nodes.',
      ),
    );
  if (policy.mode === 'dry_run')
    found.push(
      say(
        'settings',
        'note',
        'mode is dry_run: what would be done is shown, nothing is sent',
        'Write mode: live when you mean it.',
      ),
    );
  return found.length === 0 ? [ok('settings', `${fleets.length} fleets, limits and budgets are set`)] : found;
};

const venueFindings = (venue: VenueFacts, policy: Policy): readonly DoctorFinding[] => {
  const { look, balance } = venue;
  if (!look.ok) {
    const rejected = look.code === 'auth' || look.code === 'forbidden';
    return [
      rejected
        ? say(
            'token',
            'problem',
            `the venue does not accept the token (${look.message})`,
            'Make a new token at the venue and put it where the settings say.',
          )
        : say(
            'venue',
            'problem',
            `the venue cannot be listed (${look.code}): ${look.message}`,
            'Check the network and the status page of the venue; nothing is bought meanwhile.',
          ),
    ];
  }
  return [
    ok('token', 'the venue accepts the token'),
    balance.ok
      ? balanceFinding(balance.value.available, policy)
      : say(
          'balance',
          'warning',
          `the balance cannot be read (${balance.code}): ${balance.message}`,
          'Check what the token may do.',
        ),
    clockFinding(look.value.venueDateMs, look.value.askedAtMs, policy),
    ...zoneFindings(venue, policy),
    ...policy.fleets.flatMap((fleet) => marketFindings(venue, fleet)),
  ];
};

const balanceFinding = (available: number, policy: Policy): DoctorFinding => {
  const hour = policy.fleets.reduce(
    (sum, { schedule, bid }) => sum + (schedule.baseGpus / GPUS_PER_NODE) * floorLimit(bid.ceiling),
    0,
  );
  const text = `${formatCents(available)} are available; an hour at the ceilings costs ${formatCents(hour)}`;
  if (available < hour)
    return say('balance', 'problem', text, 'Add funds; a purchase without funds is refused (402).');
  return available < 24 * hour
    ? say('balance', 'warning', text, 'Add funds before a day of them is used up.')
    : ok('balance', text);
};

const clockFinding = (
  venueDateMs: number | null,
  askedAtMs: number,
  { clockSkewMs }: Policy,
): DoctorFinding => {
  if (venueDateMs === null)
    return say(
      'clock',
      'problem',
      'the venue sends no Date, so the clocks cannot be compared and nothing is bought',
      'Check what stands between this machine and the venue.',
    );
  const skew = Math.abs(venueDateMs - askedAtMs);
  const text = `our clock and the venue's differ by ${formatDuration(skew)}; ${formatDuration(clockSkewMs)} are allowed`;
  if (skew > clockSkewMs)
    return say('clock', 'problem', text, 'Set the clock of this machine (NTP); nothing is bought meanwhile.');
  return skew * 2 > clockSkewMs
    ? say('clock', 'warning', text, 'Check the time service of this machine.')
    : ok('clock', text);
};

const zoneFindings = ({ zones }: VenueFacts, { fleets }: Policy): readonly DoctorFinding[] => {
  if (!zones.ok)
    return [
      say(
        'zones',
        'problem',
        `the zones cannot be read (${zones.code}): ${zones.message}`,
        'Try again; without zones nothing is bought.',
      ),
    ];
  const known = zones.value;
  const found = fleets.flatMap((fleet) => {
    const selling = known.filter(({ gpu }) => gpu === fleet.gpu).map(({ name }) => name);
    if (selling.length === 0)
      return [
        say(
          'zones',
          'problem',
          `no zone sells ${fleet.gpu}, which ${fleet.name} wants`,
          `Write a GPU type that is sold: ${[...new Set(known.map(({ gpu }) => gpu))].join(', ')}.`,
        ),
      ];
    const wrong = fleet.zones === 'any' ? [] : fleet.zones.filter((name) => !selling.includes(name));
    return wrong.map((name) =>
      say(
        'zones',
        'problem',
        `${fleet.name} names ${name}, where no ${fleet.gpu} is sold`,
        `Write zones that sell it: ${selling.join(', ')}.`,
      ),
    );
  });
  return found.length === 0
    ? [ok('zones', `every zone of the fleets exists (${known.length} at the venue)`)]
    : found;
};

/** A ceiling under the ask of every zone can never fill. */
const marketFindings = ({ quotes }: VenueFacts, fleet: FleetPolicy): readonly DoctorFinding[] => {
  const asks: number[] = [];
  for (const { zone, quote } of quotes) {
    const fits = zone.gpu === fleet.gpu && (fleet.zones === 'any' || fleet.zones.includes(zone.name));
    if (fits && quote.ok && quote.value.ask !== null) asks.push(quote.value.ask);
  }
  const lowest = asks.toSorted((a, b) => a - b)[0];
  const ceiling = floorLimit(fleet.bid.ceiling);
  if (lowest === undefined)
    return [
      say(
        'market',
        'warning',
        `no zone of ${fleet.name} quotes a price now`,
        'Nothing may be for sale; name more zones, or wait.',
      ),
    ];
  const ask = formatPrice(lowest as typeof ceiling);
  if (lowest > ceiling)
    return [
      say(
        'market',
        'problem',
        `${fleet.name} can never fill at this ask: the cheapest zone asks ${ask}, its ceiling is ${formatGpuPrice(fleet.bid.ceiling)}`,
        'Raise the ceiling, name other zones, or wait for the ask to fall.',
      ),
    ];
  return [
    ok(
      'market',
      `${fleet.name}: the cheapest zone asks ${ask}, under its ceiling ${formatGpuPrice(fleet.bid.ceiling)}`,
    ),
  ];
};

const ledgerFindings = (facts: Facts, policy: Policy): readonly DoctorFinding[] => {
  const { ledger, venue } = facts;
  if (typeof ledger === 'string')
    return [
      say(
        'ledger',
        'problem',
        ledger,
        'Without its ledger the daemon does not start: restore a backup, or mend the path.',
      ),
    ];
  const look = typeof venue !== 'string' && venue.look.ok ? venue.look.value : null;
  const strangers = (look?.nodes ?? []).filter(
    ({ name, nodeId, status }) =>
      hasPrefix(name, policy.namePrefix) &&
      !isEnded(status) &&
      ledger?.books.byId.has(nodeId) !== true &&
      ledger?.books.byName.has(name) !== true &&
      ledger?.books.disowned.has(nodeId) !== true,
  );
  const unowned = strangers.map(({ name, nodeId }) =>
    say(
      'unowned',
      'problem',
      `${name} (${nodeId}) is alive with our prefix, and this ledger does not own it`,
      `\`bidkeeper adopt ${nodeId} --fleet …\`, \`bidkeeper disown ${nodeId}\`, or let it end; until then its fleet buys nothing.`,
    ),
  );
  if (ledger === null) return [...unowned, ok('ledger', 'there is no ledger yet; the first start makes it')];
  return [
    ...unowned,
    ...(look === null || unowned.length > 0
      ? []
      : [ok('unowned', 'every live node with our prefix is in the ledger')]),
    ...unknownFindings(ledger),
    ...chainFindings(ledger),
    ...driftFindings(facts),
  ];
};

const unknownFindings = ({ books }: LedgerFacts): readonly DoctorFinding[] => {
  const lost = [...books.nodes.values()].filter(({ phase }) => phase === 'unknown');
  return lost.map(({ name, unknownSinceMs }) =>
    say(
      'unknown',
      'warning',
      `whether ${name} was bought is not known since ${formatInstant(unknownSinceMs)}`,
      `Looks prove it after the quarantine; if the venue's own page does not show it, \`bidkeeper acknowledge ${name}\` is faster.`,
    ),
  );
};

const chainFindings = ({ path, entries, chainProblems }: LedgerFacts): readonly DoctorFinding[] =>
  chainProblems.length === 0
    ? [ok('ledger', `${path}: ${entries} entries, the chain is whole`)]
    : chainProblems.map((text) =>
        say(
          'ledger',
          'problem',
          text,
          'Keep the file, restore the last good backup, and look at `bidkeeper verify`.',
        ),
      );

const driftFindings = ({ daemon }: Facts): readonly DoctorFinding[] => {
  if (daemon === null) return [];
  const drift = daemon.totals.reduce((sum, { accrued, settled }) => sum + accrued - settled, 0);
  const spent = daemon.totals.reduce((sum, { settled }) => sum + settled, 0);
  const amount = costToCentsUp(Math.abs(drift) as CentSeconds);
  const text = `our estimate and the venue's records differ by ${formatCents(amount)}`;
  return amount > DRIFT_CENTS && Math.abs(drift) * 10 > spent
    ? [
        say(
          'ledger',
          'warning',
          text,
          'Records come late; if it stays, compare `bidkeeper report` with the bill.',
        ),
      ]
    : [ok('ledger', text)];
};

const daemonFindings = ({ daemon, ledger, stopFiles }: Facts): readonly DoctorFinding[] => {
  const found = stopFiles.map(({ how, path, why }) =>
    say('daemon', 'warning', `${path} says ${how}: ${why}`, 'Remove it when its reason is over.'),
  );
  const books = typeof ledger === 'object' && ledger !== null ? ledger.books : null;
  const pause = books?.pause ?? null;
  if (pause !== null)
    found.push(
      say(
        'daemon',
        'warning',
        `${pause.drain ? 'draining' : 'paused'} since ${formatInstant(pause.atMs)} by ${pause.by}: ${pause.why}`,
        '`bidkeeper resume` ends it; held nodes cost money meanwhile.',
      ),
    );
  for (const cause of [books?.breaker ?? null, books?.contradiction ?? null])
    if (cause !== null)
      found.push(
        say(
          'daemon',
          'problem',
          `nothing is bought: ${cause}`,
          'Look at what it names, then `bidkeeper resume`.',
        ),
      );
  if (daemon === null)
    found.push(
      say(
        'daemon',
        'note',
        'no daemon answers on the address of the settings',
        '`bidkeeper run` starts one; held nodes go on renewing without it.',
      ),
    );
  else if (found.length === 0)
    found.push(ok('daemon', `it runs; its last look is of ${formatInstant(daemon.atMs)}`));
  return found;
};

const diskFinding = ({ disk }: Facts): DoctorFinding => {
  if (disk === null)
    return say(
      'disk',
      'note',
      'the disk of the ledger cannot be measured',
      'See that it has room; without it nothing is bought.',
    );
  const text = `${Math.floor(disk.freeBytes / 1024 / 1024)} MiB are free at ${disk.path}`;
  if (disk.freeBytes < LITTLE_DISK)
    return say('disk', 'problem', text, 'Free space: a ledger that cannot be written stops all buying.');
  return disk.freeBytes < SOON_FULL
    ? say('disk', 'warning', text, 'Free space before it is needed.')
    : ok('disk', text);
};
