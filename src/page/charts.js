// The two charts of a fleet: what they show.
import { Chart } from './chart.js';
import { coverageColumns, priceColumns } from './chart-data.js';
import { gpuPrice, number } from './format.js';
import { html } from './html.js';

/** @typedef {import('./store.js').History} History */
/** @typedef {import('./chart-data.js').FleetHistory} FleetHistory */

/** @param {{ history: History, fleet: FleetHistory, utc: boolean }} props */
export const CoverageChart = ({ history, fleet, utc }) => {
  const { times, wanted, held, paid } = coverageColumns(history, fleet);
  const gpus = (/** @type {number} */ value) => `${number(value)} GPUs`;
  return html`<${Chart}
    title="GPUs, a day back and a day ahead"
    name=${`GPUs of ${fleet.fleet} over the past 24 hours and the next 24`}
    history=${history}
    utc=${utc}
    times=${times}
    y=${coverageAxis}
    lines=${[
      { label: 'held', color: '--held', fill: '--held-fill', values: held, text: gpus },
      { label: 'paid', color: '--paid', fill: '--paid-fill', dash: [2, 3], values: paid, text: gpus },
      { label: 'wanted', color: '--wanted', width: 2, values: wanted, text: gpus },
    ]}
  />`;
};

const CENTS_PER_DOLLAR_ON_A_NODE = 800;
const ZONE_COLORS = ['--ask-1', '--ask-2', '--ask-3', '--ask-4', '--ask-5', '--ask-6'];

/** @param {{ history: History, fleet: FleetHistory, utc: boolean }} props */
export const PriceChart = ({ history, fleet, utc }) => {
  const { times, zones, limit, ceiling } = priceColumns(history, fleet);
  const price = (/** @type {number} */ value) => gpuPrice(value * CENTS_PER_DOLLAR_ON_A_NODE);
  return html`<${Chart}
    title="Dollars per GPU-hour, a day back"
    name=${`Ask, limit and ceiling of ${fleet.fleet} over the past 24 hours`}
    history=${history}
    utc=${utc}
    times=${times}
    y=${priceAxis}
    lines=${[
      ...zones.map(({ zone, ask }, index) => ({
        label: zones.length === 1 ? `ask in ${zone}` : zone,
        color: ZONE_COLORS[index],
        values: ask,
        text: price,
      })),
      { label: 'our limit', color: '--limit', width: 2, values: limit, text: price },
      { label: 'ceiling', color: '--ceiling', dash: [6, 4], values: ceiling, text: price },
    ]}
  />`;
};

const coverageAxis = {
  range: (/** @type {number} */ _low, /** @type {number} */ high) => [0, Math.max(8, high * 1.12)],
  incrs: [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536],
  text: number,
};
const priceAxis = {
  range: (/** @type {number} */ low, /** @type {number} */ high) => {
    const pad = Math.max(0.05, (high - low) * 0.12);
    return [Math.max(0, low - pad), high + pad];
  },
  incrs: [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  text: (/** @type {number} */ value) => `$${value.toFixed(2)}`,
};
