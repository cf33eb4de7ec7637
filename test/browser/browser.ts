// A real Chromium for tests of the status page, and a daemon's HTTP side on a made-up world for it to look at. Everything the
// browser complains of (errors, breaches of the page's policy) is kept, and so is every address it asked.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import type { AdminOptions } from '../../src/http/admin/admin.ts';
import { startHttp } from '../../src/http/server.ts';
import { worldOf, type WorldOptions } from './worlds.ts';

/** Without the switches against background requests it tries to call its maker at every start. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];
const PATIENCE_MS = 60_000;

export interface Tab {
  readonly page: Page;
  /** Errors, warnings and breaches of policy, in words. */
  readonly complaints: readonly string[];
  /** Every address that was asked. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

export interface TestBrowser {
  readonly open: (url: string, options?: BrowserContextOptions) => Promise<Tab>;
  readonly close: () => Promise<void>;
}

export const startBrowser = async (executablePath: string): Promise<TestBrowser> => {
  const home = mkdtempSync(join(tmpdir(), 'bidkeeper-browser-'));
  const env = { ...process.env, HOME: home } as Record<string, string>;
  const browser = await chromium.launch({ executablePath, args: SWITCHES, env, timeout: PATIENCE_MS });
  return {
    open: async (url, options = {}) => {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(PATIENCE_MS);
      return openTab(context, url);
    },
    close: async () => {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

const openTab = async (context: BrowserContext, url: string): Promise<Tab> => {
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(url, { timeout: PATIENCE_MS });
  await page.locator('[data-tile=gpus], form.token').first().waitFor();
  return { page, complaints, asked, close: () => context.close() };
};

export interface Stage {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Readings take this token; nothing may be changed. */
const readingWith = (token: string): AdminOptions => ({
  version: '1',
  access: { hosts: [], readToken: () => token, changeToken: () => null, reachable: false },
  deps: {} as AdminOptions['deps'],
});

/** The HTTP side of a daemon in a made-up world. */
export const openStage = async (
  options: WorldOptions = {},
  readToken: string | null = null,
): Promise<Stage> => {
  const { page, last } = worldOf(options);
  const http = await startHttp({
    listen: { host: '127.0.0.1', port: 0 },
    listenMetrics: null,
    lastReport: () => last,
    admin: readToken === null ? null : readingWith(readToken),
    health: () => ({ alive: true, ready: true, reason: null }),
    metrics: async () => ({ status: 200, contentType: 'text/plain', body: '' }),
    page,
  });
  return { url: `http://127.0.0.1:${http.listen.port}`, close: http.close };
};
