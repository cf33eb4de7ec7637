// What the page is told about a daemon in tests.
import type { PageOptions } from '../../src/http/page.ts';

export const pageOf = (change: Partial<PageOptions> = {}): PageOptions => ({
  overview: () => null,
  history: () => null,
  about: { version: '1', venue: 'a test', clockSpeed: 1, paceMs: 1000 },
  ...change,
});
