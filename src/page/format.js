// Numbers, money, prices and times for people. Money is shown rounded up to the cent, as everywhere in bidkeeper.

const CENT_SECONDS_PER_CENT = 3600;
const GPUS_PER_NODE = 8;

/** @param {number} sum whole cents */
export const dollars = (sum) => {
  const absolute = Math.abs(sum);
  const whole = Math.floor(absolute / 100).toLocaleString('en-US');
  return `${sum < 0 ? '−' : ''}$${whole}.${String(absolute % 100).padStart(2, '0')}`;
};

/** The same without cents where they no longer matter.
 * @param {number} sum whole cents */
export const shortDollars = (sum) =>
  Math.abs(sum) < 100_000 ? dollars(sum) : dollars(Math.ceil(sum / 100) * 100).slice(0, -3);

/** @param {number} cost cent-seconds */
export const centsUp = (cost) => Math.ceil(cost / CENT_SECONDS_PER_CENT);

/** Exact: an eighth of a cent can need five decimals.
 * @param {number} price cents per node-hour */
export const gpuPrice = (price) => {
  const text = (price / GPUS_PER_NODE / 100).toFixed(5).replace(/(\.\d\d\d*?)0+$/, '$1');
  return `$${text}`;
};

/** @param {number} price cents per node-hour */
export const perGpuHour = (price) => `${gpuPrice(price)}/gpu-hour`;

/** @param {number} value */
export const number = (value) => value.toLocaleString('en-US');

/** @param {number} span milliseconds */
export const duration = (span) => {
  let rest = Math.max(0, Math.round(span / 1000));
  const parts = [];
  for (const [name, size] of /** @type {const} */ ([
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ])) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
};

/** The same with its largest unit alone. @param {number} ms */
export const span = (ms) => duration(ms).split(' ').slice(0, 2).join(' ');

/** @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} key @param {Intl.DateTimeFormatOptions} options @param {boolean} utc */
const formatOf = (key, options, utc) => {
  const name = `${key}${utc}`;
  let format = formats.get(name);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      ...options,
      hourCycle: 'h23',
      ...(utc ? { timeZone: 'UTC' } : {}),
    });
    formats.set(name, format);
  }
  return format;
};

/** @param {number} at @param {boolean} utc */
export const clock = (at, utc) =>
  formatOf('clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }, utc).format(at);

/** @param {number} at @param {boolean} utc */
export const hourMinute = (at, utc) =>
  formatOf('minute', { hour: '2-digit', minute: '2-digit' }, utc).format(at);

/** @param {number} at @param {boolean} utc */
export const dayTime = (at, utc) =>
  formatOf(
    'day',
    { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
    utc,
  )
    .format(at)
    .replace(/,? at |, /g, ' ');

/** The zone that local times are in. */
export const localZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone || 'local time';
