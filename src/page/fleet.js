// One fleet: where it stands, what it costs, its charts, and what was last decided about it.
import { useState } from 'preact/hooks';
import { CoverageChart, PriceChart } from './charts.js';
import { centsUp, counted, dollars, duration, gpuPrice, hourMinute, number, span } from './format.js';
import { html } from './html.js';
import { SaidLine } from './said.js';
import { plain } from './words.js';

/** @typedef {import('./store.js').Seen} Seen */
/** @typedef {import('./store.js').History} History */
/** @typedef {import('../domain/report.ts').FleetReport} FleetReport */

const GPUS_PER_NODE = 8;

/** @param {FleetReport} fleet @param {number} nowMs @returns {{ level: 'good' | 'bad' | 'warn', text: string }} */
const standing = (fleet, nowMs) => {
  const missing = fleet.wantedNodes - fleet.runningNodes;
  if (fleet.unknownPurchases > 0) {
    return { level: 'warn', text: `${counted(fleet.unknownPurchases, 'purchase')} unknown` };
  }
  if (missing > 0) {
    const since = fleet.shortfallSinceMs === 0 ? '' : ` for ${duration(nowMs - fleet.shortfallSinceMs)}`;
    return { level: 'bad', text: `${number(missing * GPUS_PER_NODE)} GPUs short${since}` };
  }
  if (missing < 0)
    return { level: 'warn', text: `${number(-missing * GPUS_PER_NODE)} GPUs more than wanted` };
  return { level: 'good', text: fleet.wantedNodes === 0 ? 'nothing wanted' : 'has what it wants' };
};

/** @param {{ fleet: FleetReport, seen: Seen, history: History | null, utc: boolean, open: boolean }} props */
export const Fleet = ({ fleet, seen, history, utc, open }) => {
  const [isOpen, setOpen] = useState(open);
  const { level, text } = standing(fleet, seen.atMs);
  const past = history?.fleets.find((one) => one.fleet === fleet.fleet);
  const id = `fleet-${fleet.fleet}`;
  return html`<details
    class=${`fleet ${level}`}
    id=${id}
    open=${isOpen}
    onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}
  >
    <summary>
      <h3>${fleet.fleet} <small>${fleet.gpu}, ${fleet.hold}, ${fleet.strategy}</small></h3>
      <span class="gpus"
        ><b>${number(fleet.runningNodes * GPUS_PER_NODE)}</b> of ${number(fleet.wantedGpus)} GPUs</span
      >
      ${history !== null && past !== undefined && html`<${Spark} history=${history} past=${past.past} />`}
      <span class=${`chip ${level}`}>${text}</span>
      <span class="rate">${dollars(fleet.spendRate)}/h</span>
    </summary>
    ${
      isOpen &&
      html`<div class="body">
        <${Facts} fleet=${fleet} seen=${seen} zones=${past?.zones ?? 'any'} utc=${utc} />
        ${
          history !== null && past !== undefined
            ? html`<div class="charts">
                <${CoverageChart} history=${history} fleet=${past} utc=${utc} />
                <${PriceChart} history=${history} fleet=${past} utc=${utc} />
              </div>`
            : html`<p class="quiet">The past is being read …</p>`
        }
        <${LastSaid} fleet=${fleet.fleet} seen=${seen} utc=${utc} />
      </div>`
    }
  </details>`;
};

/** Held against wanted over the past day, at a glance. @param {{ history: History, past: import('../domain/overview.ts').FleetPast }} props */
const Spark = ({ history, past }) => {
  const { fromMs, nowMs } = history;
  const most = Math.max(8, ...past.wantedGpus.map(Number), ...past.heldGpus.map(Number));
  const x = (/** @type {number} */ at) =>
    ((100 * (Math.max(at, fromMs) - fromMs)) / (nowMs - fromMs)).toFixed(1);
  const y = (/** @type {number} */ gpus) => (19 - (17 * gpus) / most).toFixed(1);
  const path = (/** @type {readonly (number | null)[]} */ values) => {
    let line = '';
    let before = /** @type {number | null} */ (null);
    for (const [index, at] of past.atMs.entries()) {
      const value = values[index] ?? null;
      if (value !== null) line += before === null ? `M${x(at)} ${y(value)}` : `H${x(at)}V${y(value)}`;
      before = value;
    }
    return before === null ? line : `${line}H100`;
  };
  return html`<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
    <path class="wanted" d=${path(past.wantedGpus)} />
    <path class="held" d=${path(past.heldGpus)} />
  </svg>`;
};

/** @param {readonly string[] | 'any'} zones @param {string} zone */
const mayBuyIn = (zones, zone) => zones === 'any' || zones.includes(zone);

/** @param {{ fleet: FleetReport, seen: Seen, zones: readonly string[] | 'any', utc: boolean }} props */
const Facts = ({ fleet, seen, zones, utc }) => {
  const asks = seen.market.filter(
    (one) => one.gpu === fleet.gpu && one.ask !== null && mayBuyIn(zones, one.zone),
  );
  const best = asks.reduce(
    (/** @type {typeof asks[number] | null} */ low, one) =>
      low === null || Number(one.ask) < Number(low.ask) ? one : low,
    null,
  );
  const spending = seen.spending.find((one) => one.budget === fleet.fleet);
  const sums = seen.totals.find((one) => one.fleet === fleet.fleet);
  return html`<dl class="facts">
    <${Fact} name="nodes" value=${nodesText(fleet)} />
    <${Fact}
      name="our limit, GPU-hour"
      value=${fleet.limit === null ? 'no bid stands' : gpuPrice(fleet.limit)}
    />
    <${Fact} name="lowest ask, GPU-hour" value=${askText(best, seen.atMs)} />
    <${Fact} name="ceiling, GPU-hour" value=${gpuPrice(fleet.ceiling)} />
    <${Fact} name="costs now" value=${`${dollars(fleet.spendRate)}/h at most`} />
    <${Fact} name="goes on unattended" value=${`${dollars(fleet.unattendedRate)}/h at most`} />
    ${spending !== undefined && html`<${Fact} name="today" value=${dollars(centsUp(spending.today))} />`}
    ${spending !== undefined && html`<${Fact} name="this month" value=${dollars(centsUp(spending.month))} />`}
    ${sums !== undefined && html`<${Fact} name="obtained so far" value=${obtainedText(sums)} />`}
    ${sums !== undefined && html`<${Fact} name="cost so far" value=${dollars(centsUp(sums.accrued))} />`}
    ${sums !== undefined && html`<${Fact} name="it would have cost" value=${insteadText(sums)} />`}
    <${Fact} name="target" value=${targetText(fleet, seen.atMs, utc)} />
  </dl>`;
};

/** @typedef {import('../domain/overview.ts').FleetSums} FleetSums */

/** @param {FleetReport} fleet */
const nodesText = ({ states }) =>
  states.length === 0
    ? 'none'
    : states.map((one) => `${one.nodes} ${plain(one.state)} in ${one.zone}`).join(', ');

/** @param {Seen['market'][number] | null} best @param {number} nowMs */
const askText = (best, nowMs) =>
  best === null
    ? 'not known'
    : `${gpuPrice(Number(best.ask))} in ${best.zone}, ${span(nowMs - best.askedAtMs)} ago`;

/** @param {FleetSums} sums */
const obtainedText = ({ obtainedGpuHours: hours }) =>
  hours === null ? 'not known until the venue is seen' : `${number(Math.round(hours * 10) / 10)} GPU-hours`;

/** @param {FleetSums} sums */
const insteadText = ({ references }) =>
  references === null || references.ceiling === 0
    ? 'not known yet'
    : `${dollars(centsUp(references.ceiling))} at the ceiling, ${dollars(centsUp(references.vendor_default))} at 1.5 × the ask at start`;

/** @param {FleetReport} fleet @param {number} nowMs @param {boolean} utc */
const targetText = ({ nextChangeMs }, nowMs, utc) =>
  nextChangeMs === null
    ? 'stays as it is'
    : `changes at ${hourMinute(nextChangeMs, utc)}, in ${duration(nextChangeMs - nowMs)}`;

/** @param {{ name: string, value: string }} props */
const Fact = ({ name, value }) =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

/** @param {{ fleet: string, seen: Seen, utc: boolean }} props */
const LastSaid = ({ fleet, seen, utc }) => {
  const lines = seen.said.filter((one) => one.fleet === fleet).slice(0, 3);
  if (lines.length === 0) return html`<p class="quiet">Nothing was decided about it yet.</p>`;
  return html`<ul class="said few" aria-label=${`last decided about ${fleet}`}>
    ${lines.map(
      (said) =>
        html`<${SaidLine}
          key=${`${said.fromMs} ${said.kind} ${said.action} ${said.reason}`}
          said=${said}
          nowMs=${seen.atMs}
          utc=${utc}
          withFleet=${false}
        />`,
    )}
  </ul>`;
};
