// A crash at any entry, and an old copy of the ledger put back: nothing is bought twice, nothing foreign is touched.
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.ts';
import { createWorld, fleetPolicy, processPolicy } from '../simulation/world.ts';

const policy = processPolicy({
  repost: 'never',
  fleets: [fleetPolicy({ schedule: { timeZone: 'UTC', baseGpus: 24, windows: [] } })],
});

describe('the ledger as it was at any earlier entry', () => {
  test('Put back, no more nodes than wanted ever live, and each node at the market was bought under a name of its own.', async () => {
    const length = (
      await (async () => {
        const world = await createWorld({ policy });
        await world.run(4 * MINUTE_MS);
        return world.records();
      })()
    ).length;
    let rebuilt = 0;
    for (let cut = 1; cut <= length; cut += 3) {
      const world = await createWorld({ policy });
      await world.run(4 * MINUTE_MS);
      const records = await world.records();
      const before = world.market.records().nodes.length;
      await world.restart(records.slice(0, cut));
      await world.run(20 * MINUTE_MS);
      const { nodes } = world.market.records();
      expect(nodes.filter((node) => node.endedAtMs === null).length, `cut at ${cut}`).toBeLessThanOrEqual(3);
      expect(new Set(nodes.map((node) => node.name)).size).toBe(nodes.length);
      expect(world.memory().books.contradiction).toBeNull();
      if (nodes.length === before) rebuilt += 1;
    }
    expect(rebuilt).toBeGreaterThan(0);
  });

  test('A deleted ledger beside running nodes starts paused; they go on, and after a resume the fleet stays blocked by them.', async () => {
    const world = await createWorld({ policy });
    await world.run(4 * MINUTE_MS);
    const before = world.market.records().nodes.length;
    await world.restart([]);
    expect((await world.run(5 * MINUTE_MS)).paused).toBe(true);
    const head = (await world.records()).length;
    await world.append([{ kind: 'resume_requested', by: 'ann', why: 'seen' }], world.nowMs(), head);
    await world.run(HOUR_MS);
    expect(world.market.records().nodes.length).toBe(before);
  });
});
