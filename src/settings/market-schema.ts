// The keys below `venue.market`: the embedded market (DESIGN §10). Every key has a default, so that a settings file can name
// only what it cares about.
import { z } from 'zod';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import { key } from './key.ts';
import * as leaf from './leaves.ts';

const words = <const Words extends readonly [string, ...string[]]>(list: Words) =>
  z.enum(list).meta({ title: list.join(' | ') });
const yesNo = z.boolean().meta({ title: 'true | false' });

const syntheticSchema = z.strictObject({
  kind: key(words(['synthetic']), 'A seeded process around a mean with a day rhythm.'),
  mean: key(leaf.price, 'The price it returns to.'),
  volatility: key(leaf.share.prefault('15%'), 'Standard deviation of the price around its day rhythm.'),
  low: key(leaf.price, 'It never falls below.'),
  high: key(leaf.price, 'It never rises above.'),
});

const pathSchema = z.strictObject({
  path: key(
    z
      .array(
        z.strictObject({
          after: key(
            leaf.duration(0, 366 * 24 * HOUR_MS),
            "Time since the market's first instant; the first is 0s.",
          ),
          ask: key(
            z.union([z.literal('none').meta({ title: 'none' }), leaf.price]),
            'The ask from then on; `none`: nothing is for sale.',
          ),
        }),
      )
      .min(1)
      .max(100_000),
    'A scripted ask: steps that hold until the next.',
  ),
});

const csvSchema = z.strictObject({
  csv: key(
    leaf.plainText('path', './h100.csv.gz'),
    'A price history with the columns timestamp_unix,price_usd_per_node_hour,available_nodes; may be gzipped.',
  ),
  align: key(
    words(['start', 'recorded']).prefault('start'),
    "Whether the first row is the market's first instant, or rows keep their own time.",
  ),
});

const zoneSchema = z.strictObject({
  name: key(leaf.word('zone', 'hayesvalley'), "The zone's name."),
  region: key(leaf.word('region', 'us-west').prefault('us-west'), 'The region shown for it.'),
  gpu: key(leaf.word('GPU type', 'h100').prefault('h100'), 'The GPU type of its nodes.'),
  instance_type: key(
    leaf.word('instance type', 'h100i').optional(),
    'The instance type of quotes. Default: the GPU type and an i.',
  ),
  nodes: key(leaf.whole(0, 1_000_000).prefault(64), 'Nodes for sale in it.'),
  ask: key(
    z.union([syntheticSchema, pathSchema, csvSchema]),
    'Where its ask comes from: one of these three forms.',
  ),
});

const DEFAULT_ZONES = [
  {
    name: 'hayesvalley',
    ask: {
      kind: 'synthetic',
      mean: '$1.60/gpu-hour',
      volatility: '15%',
      low: '$0.80/gpu-hour',
      high: '$4.00/gpu-hour',
    },
  },
  {
    name: 'richmond',
    ask: {
      kind: 'synthetic',
      mean: '$1.75/gpu-hour',
      volatility: '20%',
      low: '$0.80/gpu-hour',
      high: '$4.00/gpu-hour',
    },
  },
] as const;

export const marketSchema = z.strictObject({
  seed: key(leaf.whole(0, 4_294_967_295).prefault(1), 'The same seed makes the same market.'),
  step: key(
    leaf.duration(SECOND_MS, HOUR_MS).prefault('1m'),
    'How often the ask moves and bids are cleared.',
  ),
  payment_rule: key(
    words(['clear', 'maker', 'bid']).prefault('clear'),
    'What a fill pays: the ask; its limit where it stood waiting; always its limit.',
  ),
  eviction: key(
    words(['awaitingcapacity', 'end']).prefault('awaitingcapacity'),
    'What becomes of a node that is not renewed.',
  ),
  horizon: key(
    leaf.duration(0, HOUR_MS).prefault('0s'),
    'How long before the end of bought time the next hour is bought: 0s or 1h.',
  ),
  reserved_premium: key(leaf.share.prefault('10%'), 'Premium of a reserved block over the ask.'),
  depth: key(leaf.anyPrice.prefault('$0.00/node-hour'), 'How much one bought node moves the ask.'),
  boot: key(leaf.duration(0, HOUR_MS).prefault('3m'), 'Time from a fill to a running VM.'),
  quote_delay: key(leaf.duration(0, 10 * MINUTE_MS).prefault('1s'), 'Time a quote takes.'),
  unique_names: key(yesNo.prefault(true), 'Whether a second node of one name is refused.'),
  raising_allowed: key(yesNo.prefault(true), 'Whether the account may raise a limit in place.'),
  balance: key(leaf.money.prefault('$1000000'), "The account's money at the start."),
  zones: key(
    z
      .array(zoneSchema)
      .min(1)
      .max(1000)
      .prefault([...DEFAULT_ZONES]),
    'The zones of the market.',
  ),
});

export type WrittenMarket = z.output<typeof marketSchema>;
export type WrittenZone = WrittenMarket['zones'][number];
