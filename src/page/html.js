// Markup as template literals, without a build. Whatever is put in between is text: no name and no message becomes markup.
// A line break stands for a space, as in HTML.
import htm from 'htm';
import { h } from 'preact';

/** @typedef {import('preact').ComponentChildren} Children */
/** @typedef {(strings: readonly string[], ...values: unknown[]) => import('preact').VNode} Html */

const bound = /** @type {Html} */ (/** @type {unknown} */ (htm.bind(h)));
/** @type {WeakMap<TemplateStringsArray, readonly string[]>} */
const templates = new WeakMap();

/** @param {TemplateStringsArray} strings @param {unknown[]} values */
export const html = (strings, ...values) => {
  let template = templates.get(strings);
  if (template === undefined) {
    const first = strings[0]?.replace(/^\s+/, '') ?? '';
    const last = strings.length - 1;
    template = strings
      .map((text, index) => (index === 0 ? first : text))
      .map((text, index) => (index === last ? text.replace(/\s+$/, '') : text))
      .map((text) => text.replaceAll(/\s*\n\s*/g, ' '));
    templates.set(strings, template);
  }
  return bound(template, ...values);
};
