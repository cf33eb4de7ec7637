// The probe, which spends a little real money to see that the whole way to the venue works. It holds the lease of the
// real ledger, so nothing is probed beside a daemon.
import { CliError } from '../cli/errors.ts';
import type { Shop } from '../cli/shop.ts';
import { planProbe, probe } from '../daemon/probe.ts';
import type { FleetPolicy, Policy } from '../domain/policy.ts';
import { acquireLease } from '../ledger/lease.ts';
import { openLedger } from '../ledger/sqlite-ledger.ts';
import { connect } from './connections.ts';
import { VERSION, random, timer } from './machine.ts';
import { complain } from './terminal.ts';
import type { Wired } from './wired.ts';

const PROBE_PATIENCE_MS = 60_000;

const fleetOf = (policy: Policy, name: string): FleetPolicy => {
  const fleet = policy.fleets.find((one) => one.name === name);
  if (fleet === undefined) throw new CliError('E_USAGE_FLEET', `the settings have no fleet ${name}`);
  return fleet;
};

export const planning: Shop<Wired>['planProbe'] = ({ policy }, name) =>
  planProbe(policy, fleetOf(policy, name), Date.now());

/** Holds the lease: beside a daemon nothing is probed. */
export const probing: Shop<Wired>['probe'] = async ({ settings, policy }, name) => {
  await using open = new AsyncDisposableStack();
  const path = settings.storePath;
  const lease = open.adopt(acquireLease({ path, nowMs: Date.now() }), (held) => held.release());
  const ledger = open.adopt(openLedger({ path }), (opened) => opened.close());
  const { venue, clock } = open.adopt(await connect(settings, { warn: complain }), (one) => one.close());
  return await probe({
    clock,
    timer,
    ledger,
    venue,
    lease,
    random,
    policy,
    deadlines: settings.deadlines,
    start: { version: `${VERSION} probe`, settingsHash: settings.hash },
    fleet: fleetOf(policy, name),
    patienceMs: PROBE_PATIENCE_MS,
  });
};
