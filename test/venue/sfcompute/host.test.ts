// Where the token may go. A mistake here would hand the account to a stranger.
import { describe, expect, test } from 'vitest';
import { VENUE_BASE_URL, checkBaseUrl } from '../../../src/venue/sfcompute/host.ts';
import { createUndiciTransport } from '../../../src/venue/sfcompute/undici-transport.ts';

describe('the token is sent', () => {
  test.each([
    [VENUE_BASE_URL, null],
    ['https://API.sfcompute.com/', null],
    ['http://127.0.0.1:8080', null],
    ['http://127.1:8080', null],
    ['http://localhost:1', null],
    ['http://[::1]:9', null],
    ['https://localhost', null],
    ['http://market:8080', 'market'],
    ['https://proxy.example.org/sf', 'proxy.example.org'],
    ['https://proxy.example.org:8443', 'Proxy.example.org:8443'],
  ])('to %s when %s is allowed', (url, allowed) => {
    expect(() => checkBaseUrl(url, allowed)).not.toThrow();
  });
});

describe('the token is never sent', () => {
  test.each([
    ['http://api.sfcompute.com', null],
    ['https://api.sfcompute.com:8443', null],
    ['http://api.sfcompute.com', 'api.sfcompute.com'],
    ['https://api.sfcompute.com.evil.org', null],
    ['https://evil.org/api.sfcompute.com', null],
    ['https://sfcompute.com', null],
    ['http://127.0.0.1.evil.org', null],
    ['http://localhost.evil.org', null],
    ['http://10.0.0.1', null],
    ['http://0.0.0.0:80', null],
    ['https://api.sfcompute.com@evil.org', null],
    ['https://user:pass@api.sfcompute.com', null],
    ['https://api.sfcompute.com/?x=1', null],
    ['ftp://localhost', null],
    ['file:///etc/passwd', 'localhost'],
    ['https://evil.org', 'good.org'],
    ['https://evil.org', ''],
    ['https://sub.good.org', 'good.org'],
    ['https://good.org:444', 'good.org:443'],
    ['nonsense', null],
    ['', null],
  ])('to %s when %s is allowed', (url, allowed) => {
    expect(() => checkBaseUrl(url, allowed)).toThrow('E_VENUE_HOST');
    expect(() => createUndiciTransport({ baseUrl: url, allowHost: allowed })).toThrow('E_VENUE_HOST');
  });
});

test('a password in a base URL is not repeated in the complaint', () => {
  expect(() => checkBaseUrl('https://u:hunter2@evil.org', null)).toThrow(/^(?!.*hunter2).*$/);
});
