// What a person must know first: lost contact, a pause and what it goes on costing, unknowns, alarms.
import { clock, counted, dayTime, dollars, duration, number } from './format.js';
import { html } from './html.js';
import { showToken } from './store.js';
import { plain } from './words.js';

/** @typedef {import('./store.js').State} State */
/** @typedef {import('./store.js').Seen} Seen */

/** Ticks that may be missed before it is said. */
const PATIENCE = 4;
const PATIENCE_MS = 10_000;

/** @param {{ state: State, utc: boolean }} props */
export const Warnings = ({ state, utc }) => {
  const { seen } = state;
  return html`<div class="warnings">
    <div role="alert">${contactWarning(state, utc)}</div>
    <div role="status">
      ${
        seen !== null &&
        html`${pauseWarning(seen, utc)}${runWarnings(seen).map(([key, text]) => html`<p key=${key} class="warning bad"><b>${key}</b> ${text}</p>`)}
        ${seen.alarms.map(
          (one) =>
            html`<p key=${`${one.code} ${one.fleet}`} class=${`warning ${LEVELS[one.code] ?? 'bad'}`}>
              <b
                >${one.fleet === null ? '' : `${one.fleet}: `}${plain(one.code)}${one.count > 1 ? ` × ${one.count}` : ''}</b
              >
              ${one.text}
            </p>`,
        )}`
      }
    </div>
  </div>`;
};

/** @type {Record<string, string>} */
const LEVELS = { overrun: 'warn', unknown_purchase: 'warn', unhealthy: 'warn', unowned: 'warn' };

/** @param {SubmitEvent} event */
const onToken = (event) => {
  event.preventDefault();
  const field = /** @type {HTMLFormElement} */ (event.currentTarget).elements.namedItem('token');
  if (field instanceof HTMLInputElement) showToken(field.value);
};

const TOKEN_FORM = html`<form class="warning warn token" onSubmit=${onToken}>
  <label>This daemon wants its read token <input name="token" type="password" autocomplete="off" /></label>
  <button type="submit">Show it</button>
</form>`;

/** @param {State} state @param {boolean} utc */
const contactWarning = ({ seen, contact, changedMs }, utc) => {
  const asOf =
    seen === null
      ? ''
      : ` What stands below is from ${clock(seen.atMs, utc)}; held nodes go on costing money.`;
  if (contact.kind === 'lost') {
    return html`<p class="warning loud">
      <b>Lost contact</b> with the daemon ${duration(performance.now() - contact.sinceMs)} ago:
      ${contact.why}. Asking on.${asOf}
    </p>`;
  }
  if (contact.kind === 'token') return TOKEN_FORM;
  if (contact.kind === 'refused') return html`<p class="warning loud"><b>Refused:</b> ${contact.why}</p>`;
  if (contact.kind === 'starting')
    return html`<p class="warning warn"><b>Starting:</b> ${contact.why}.${asOf}</p>`;
  if (seen === null) return null;
  if (!seen.health.alive)
    return html`<p class="warning loud"><b>The daemon is stuck:</b> ${seen.health.reason}.${asOf}</p>`;
  const quietMs = performance.now() - changedMs;
  if (quietMs > PATIENCE_MS && quietMs > PATIENCE * seen.about.paceMs) {
    return html`<p class="warning loud">
      <b>No tick has ended</b> for ${duration(quietMs)}, though the daemon answers.${asOf}
    </p>`;
  }
  return null;
};

/** Who stopped it and why, and what held nodes go on costing. @param {Seen} seen @param {boolean} utc */
const pauseWarning = ({ pause, paused, fleets }, utc) => {
  if (!paused) return null;
  const rate = fleets.reduce((sum, one) => sum + one.unattendedRate, 0);
  const isDrain = pause?.drain === true;
  const whom = pause === null ? '' : ` by ${pause.by} since ${dayTime(pause.atMs, utc)} (${pause.why})`;
  const sure =
    pause?.acknowledged === false ? ' The daemon has not confirmed it yet: it may still spend.' : '';
  const nodes = isDrain
    ? 'Nodes are let go as their paid time ends; until then'
    : 'Held nodes go on renewing:';
  const goesOn = rate === 0 ? 'No held node goes on renewing.' : `${nodes} at most ${dollars(rate)} an hour.`;
  return html`<p class="warning warn">
    <b>${isDrain ? 'Draining' : 'Paused'}</b>${whom}: nothing that adds spend is sent, waiting bids are
    withdrawn. ${goesOn}${sure}
  </p>`;
};

const SHORT_MAX = 5;

/** @param {Seen['fleets'][number]} fleet @param {number} nowMs */
const shortText = (fleet, nowMs) => {
  const gpus = number((fleet.wantedNodes - fleet.runningNodes) * 8);
  return fleet.shortfallSinceMs === 0 ? gpus : `${gpus} for ${duration(nowMs - fleet.shortfallSinceMs)}`;
};

/** @param {Seen} seen @returns {[string, string][]} */
const runWarnings = (seen) => {
  /** @type {[string, string][]} */
  const found = [];
  if (seen.end !== 'done' && seen.end !== 'moved') {
    found.push(['The last tick was not whole:', seen.problem ?? plain(seen.end)]);
  }
  const short = seen.fleets.filter((one) => one.runningNodes < one.wantedNodes);
  if (short.length > 0) {
    const shown = short.slice(0, SHORT_MAX).map((one) => `${one.fleet} ${shortText(one, seen.atMs)}`);
    const more = short.length > SHORT_MAX ? `, and ${short.length - SHORT_MAX} more` : '';
    found.push(['Short of GPUs:', `${shown.join(', ')}${more}`]);
  }
  const unknown = seen.fleets.reduce((sum, one) => sum + one.unknownPurchases, 0);
  if (unknown > 0 && !seen.alarms.some((one) => one.code === 'unknown_purchase')) {
    found.push(['In flight:', `${counted(unknown, 'purchase')} without an answer yet.`]);
  }
  return found;
};
