// Markup as template literals, without a build. Whatever is put in between is text: no name and no message becomes markup.
import htm from 'htm';
import { h } from 'preact';

/** @typedef {import('preact').ComponentChildren} Children */

/** @typedef {(strings: TemplateStringsArray, ...values: unknown[]) => import('preact').VNode} Html */
export const html = /** @type {Html} */ (/** @type {unknown} */ (htm.bind(h)));
