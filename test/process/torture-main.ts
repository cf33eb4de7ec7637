// `npm run torture -- [--minutes N] [--seed N] [--torments N]`: round after round of torture, each from a seed of its own, until the time
// is over or a promise broke. Exit code 0: every promise held; 1: one did not, and the seed plays the same torments again.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { chanceOf } from '../simulation/chance.ts';
import { killAll, warmUp } from './program.ts';
import { drawTorments, torture } from './torture.ts';

const write = (text: string): void => void process.stdout.write(text);

const readWish = (): { minutes: number; seed: number; torments: number } | null => {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '30' },
        seed: { type: 'string', default: String(randomInt(2 ** 31)) },
        torments: { type: 'string', default: '25' },
      },
    });
    const wish = {
      minutes: Number(values.minutes),
      seed: Number(values.seed),
      torments: Number(values.torments),
    };
    const fits = wish.minutes > 0 && Number.isSafeInteger(wish.seed) && Number.isSafeInteger(wish.torments);
    return fits && wish.torments > 0 ? wish : null;
  } catch {
    return null;
  }
};

const main = async (): Promise<number> => {
  const wish = readWish();
  if (wish === null) {
    process.stderr.write('npm run torture -- [--minutes N] [--seed N] [--torments N]\n');
    return 64;
  }
  await warmUp();
  const until = performance.now() + wish.minutes * 60_000;
  let [rounds, torments, bought] = [0, 0, 0];
  for (let seed = wish.seed; performance.now() < until; seed += 1) {
    const { unit } = chanceOf(seed, 'torture');
    const drawn = drawTorments(wish.torments, unit);
    const { wrong, records } = await torture({ torments: drawn, chance: unit, longestMs: 4000 });
    rounds += 1;
    torments += drawn.length;
    bought += records.bills.length;
    write(
      `seed ${seed}: ${drawn.join(' ')}: ${records.nodes.length} nodes, ${wrong.length} promises broken\n`,
    );
    for (const text of wrong) write(`  ${text}\n`);
    if (wrong.length === 0) continue;
    write(`npm run torture -- --seed ${seed} --torments ${wish.torments} --minutes 1\n`);
    return 1;
  }
  write(`${rounds} rounds, ${torments} torments, ${bought} bills, 0 promises broken\n`);
  return 0;
};

try {
  process.exitCode = await main();
} finally {
  await killAll();
}
