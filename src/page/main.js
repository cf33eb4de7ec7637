// The status page: what the daemon says, drawn anew whenever it says something else.
import { render } from 'preact';
import { html } from './html.js';
import { Page } from './parts.js';
import { startStore } from './store.js';

const SHOWN = 'bidkeeper shown';
const root = /** @type {HTMLElement} */ (document.getElementById('page'));
root.textContent = '';
startStore((state) => {
  render(html`<${Page} state=${state} />`, root);
  // For whoever measures the page: everything there is to show is shown.
  if (state.history !== null && performance.getEntriesByName(SHOWN).length === 0) performance.mark(SHOWN);
});
