// The page as a whole: how the daemon is, what is wrong, the sums, then fleet by fleet.
import { useEffect, useState } from 'preact/hooks';
import { clock, counted, dollars, duration, localZone, number } from './format.js';
import { Fleet } from './fleet.js';
import { html } from './html.js';
import { Budgets, MoneyTile } from './money.js';
import { SaidLog } from './said.js';
import { Warnings } from './warnings.js';

/** @typedef {import('./store.js').State} State */
/** @typedef {import('./store.js').Seen} Seen */

const GPUS_PER_NODE = 8;
/** More fleets than this are shown folded. */
const OPEN_MAX = 4;
const UTC_KEY = 'bidkeeper-utc';

/** @param {{ state: State }} props */
export const Page = ({ state }) => {
  const { seen, history, contact } = state;
  const [utc, setUtc] = useState(localStorage.getItem(UTC_KEY) !== 'no');
  useTicking();
  useEffect(() => {
    document.title = titleOf(state);
  });
  const choose = () => {
    localStorage.setItem(UTC_KEY, utc ? 'no' : 'yes');
    setUtc(!utc);
  };
  return html` <header>
      <h1><img src="/page/icon.svg" alt="" width="26" height="26" />bidkeeper</h1>
      ${seen !== null && html`<${Badges} seen=${seen} />`}
      <${ContactLine} state=${state} />
      ${
        seen !== null &&
        html`<button
          type="button"
          class="clock"
          onClick=${choose}
          title=${`as of this time; shows ${utc ? localZone() : 'UTC'} when pressed`}
        >
          <span>${clock(seen.atMs, utc)} ${utc ? 'UTC' : localZone()}</span>
        </button>`
      }
    </header>
    <main class=${contact.kind === 'ok' ? '' : 'old'} data-at=${seen?.atMs}>
      <${Warnings} state=${state} utc=${utc} />
      ${
        seen === null
          ? html`<p class="wait">
              ${contact.kind === 'asking' ? 'Asking the daemon …' : 'There is nothing to show yet.'}
            </p>`
          : html`<${Tiles} seen=${seen} />
              <section class="fleets" aria-label="Fleets">
                ${seen.fleets.length === 0 && html`<p class="quiet">The settings name no fleet.</p>`}
                ${seen.fleets.map(
                  (fleet) =>
                    html`<${Fleet}
                      key=${fleet.fleet}
                      fleet=${fleet}
                      seen=${seen}
                      history=${history}
                      utc=${utc}
                      open=${seen.fleets.length <= OPEN_MAX}
                    />`,
                )}
              </section>
              <div class="columns">
                <${SaidLog} said=${seen.said} nowMs=${seen.atMs} utc=${utc} />
                <div><${Budgets} seen=${seen} /><${Market} seen=${seen} /></div>
              </div>`
      }
    </main>
    <footer>
      ${
        seen !== null &&
        html`<p>
          bidkeeper ${seen.about.version} on ${seen.about.venue}${speedText(seen.about.clockSpeed)}. Hatched:
          nobody looked, so what was held is not known. Asks are known only where they were quoted. The same
          as numbers: <a href="/v1/status">status</a>, <a href="/v1/overview">overview</a>,
          <a href="/v1/history">history</a>, <a href="/metrics">metrics</a>.
        </p>`
      }
    </footer>`;
};

/** @param {number} speed */
const speedText = (speed) => (speed === 1 ? '' : `, its clock ${speed} × as fast`);

/** Ages on the page grow by themselves. */
const useTicking = () => {
  const [, setBeat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setBeat((beat) => beat + 1), 1000);
    return () => clearInterval(timer);
  }, []);
};

/** @param {State} state */
const titleOf = ({ seen, contact }) => {
  if (contact.kind === 'lost' || contact.kind === 'refused' || contact.kind === 'token')
    return '⚠ no contact · bidkeeper';
  if (seen === null) return 'bidkeeper';
  const { held, wanted } = gpusOf(seen);
  const mark = seen.paused ? '⏸ ' : seen.alarms.length > 0 || held < wanted ? '⚠ ' : '';
  return `${mark}${held}/${wanted} GPUs · bidkeeper`;
};

/** @param {Seen} seen */
const gpusOf = (seen) => ({
  held: seen.fleets.reduce((sum, one) => sum + one.runningNodes * GPUS_PER_NODE, 0),
  wanted: seen.fleets.reduce((sum, one) => sum + one.wantedGpus, 0),
});

/** @param {{ seen: Seen }} props */
const Badges = ({ seen }) =>
  html`<p class="badges">
    ${seen.paused && html`<span class="badge bad">${seen.pause?.drain === true ? 'draining' : 'paused'}</span>`}
    <span class=${`badge ${seen.mode === 'live' ? 'good' : 'warn'}`}
      >${seen.mode === 'live' ? 'live' : 'dry run'}</span
    >
  </p>`;

/** @param {{ state: State }} props */
const ContactLine = ({ state }) => {
  const { contact, seen, changedMs } = state;
  const age = duration(performance.now() - changedMs);
  const words = {
    asking: 'asking …',
    starting: 'the daemon starts',
    lost: 'no contact',
    refused: 'refused',
    token: 'no token',
    ok: seen === null ? 'asking …' : `tick ${age} ago`,
  };
  return html`<p class=${`contact ${contact.kind}`}><i aria-hidden="true"></i>${words[contact.kind]}</p>`;
};

/** @param {{ seen: Seen }} props */
const Tiles = ({ seen }) => {
  const { held, wanted } = gpusOf(seen);
  const sum = (/** @type {(fleet: Seen['fleets'][number]) => number} */ of) =>
    seen.fleets.reduce((all, one) => all + of(one), 0);
  const nodes = (/** @type {string} */ state) =>
    sum((one) => one.states.reduce((all, place) => all + (place.state === state ? place.nodes : 0), 0));
  const others = /** @type {const} */ (['waiting', 'releasing', 'unhealthy', 'unknown'])
    .map((state) => [state, nodes(state)])
    .filter(([, count]) => Number(count) > 0);
  return html`<div class="tiles">
    <section class="tile" data-tile="gpus">
      <h2>GPUs held</h2>
      <p class="big">${number(held)}<small> of ${number(wanted)}</small></p>
      <svg
        class=${`bar ${held < wanted ? 'short' : 'met'}`}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        role="img"
        aria-label=${`${held} of ${wanted} GPUs`}
      >
        <rect class="track" width="100" height="6" />
        <rect class="spent" width=${wanted === 0 ? 0 : Math.min(100, (100 * held) / wanted)} height="6" />
      </svg>
      <p class="quiet">
        ${counted(nodes('running'), 'node')}
        ${nodes('running') === 1 ? 'runs' : 'run'}${others.map(([state, count]) => `, ${count} ${state}`).join('')}
      </p>
    </section>
    <section class="tile" data-tile="rate">
      <h2>Costs now</h2>
      <p class="big">${dollars(sum((one) => one.spendRate))}<small> an hour at most</small></p>
      <p class="quiet">${dollars(sum((one) => one.unattendedRate))} an hour goes on with nobody watching</p>
    </section>
    <${MoneyTile} seen=${seen} period="today" />
    <${MoneyTile} seen=${seen} period="month" />
  </div>`;
};

/** @param {{ seen: Seen }} props */
const Market = ({ seen }) => {
  if (seen.market.length === 0) return null;
  return html`<section class="panel" aria-labelledby="market">
    <h2 id="market">Market</h2>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="market">
      <table>
        <thead>
          <tr>
            <th scope="col">zone</th>
            <th scope="col">GPU</th>
            <th scope="col">ask, GPU-hour</th>
            <th scope="col">node-hour</th>
            <th scope="col">quoted</th>
          </tr>
        </thead>
        <tbody>
          ${seen.market.map(
            (one) =>
              html`<tr key=${one.zone}>
                <th scope="row">${one.zone}</th>
                <td>${one.gpu}</td>
                ${
                  one.ask === null
                    ? html`<td colspan="2">nothing for sale</td>`
                    : html`<td>$${(one.ask / 800).toFixed(4)}</td>
                        <td>${dollars(one.ask)}</td>`
                }
                <td>${duration(seen.atMs - one.askedAtMs)} ago</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="quiet">${RULES[seen.money.rule]}.</p>
  </section>`;
};

/** How fills are paid, as they were seen to be. @type {Record<Seen['money']['rule'], string>} */
const RULES = {
  clear: 'A fill costs the ask, whatever the limit',
  maker: 'A bid that stood costs its limit, everything else the ask',
  bid: 'A fill costs its limit',
  unsure: 'How a fill is paid is not known yet: too few at a limit clearly above the ask, or they differ',
};
