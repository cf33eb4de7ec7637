// What is known of the daemon, and how sure that is. The daemon is asked again and again; an answer that did not change is a
// 304. A daemon that does not answer is said at once and asked on; whatever was known stays, marked as old.

/** @typedef {import('../domain/overview.ts').Overview & { readonly run: string, readonly about: About, readonly health: Health }} Seen */
/** @typedef {import('../domain/overview.ts').History} History */
/** @typedef {{ readonly version: string, readonly venue: string, readonly clockSpeed: number, readonly paceMs: number }} About */
/** @typedef {{ readonly alive: boolean, readonly ready: boolean, readonly reason: string | null }} Health */
/**
 * @typedef {object} Contact
 * @property {'asking' | 'ok' | 'starting' | 'lost' | 'refused' | 'token'} kind `token`: one has to be shown
 * @property {string} why words for everything but `ok`
 * @property {number} sinceMs when it became so, on the page's own clock
 */
/**
 * @typedef {object} State
 * @property {Seen | null} seen
 * @property {History | null} history
 * @property {Contact} contact
 * @property {number} changedMs when the last new report came, on the page's own clock
 */

const ASK_EVERY_MS = 1000;
const ASK_HIDDEN_EVERY_MS = 15_000;
const ANSWERS_WITHIN_MS = 8000;
const HISTORY_EVERY_MS = 2000;

const TOKEN_KEY = 'bidkeeper-token';

/** Kept as long as this tab is open. @param {string} token */
export const showToken = (token) => sessionStorage.setItem(TOKEN_KEY, token.trim());

/** @returns {Record<string, string>} */
const authorization = () => {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token === null || token === '' ? {} : { authorization: `Bearer ${token}` };
};

/** @param {(state: State) => void} onChange */
export const startStore = (onChange) => {
  /** @type {State} */
  let state = {
    seen: null,
    history: null,
    contact: { kind: 'asking', why: '', sinceMs: performance.now() },
    changedMs: performance.now(),
  };
  /** @type {Record<string, string>} */
  const tags = {};
  let historyAskedMs = -Infinity;
  let historyKey = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {Partial<State>} change */
  const put = (change) => {
    state = { ...state, ...change };
    onChange(state);
  };

  /** @param {Contact['kind']} kind @param {string} why */
  const putContact = (kind, why) => {
    const { contact } = state;
    if (contact.kind === kind && contact.why === why) return;
    put({ contact: { kind, why, sinceMs: contact.kind === kind ? contact.sinceMs : performance.now() } });
  };

  /** The document, null when it did not change; throws a contact when there is none.
   * @param {string} path @returns {Promise<unknown>} */
  const ask = async (path) => {
    const tag = tags[path];
    /** @type {Response} */
    let answer;
    try {
      answer = await fetch(path, {
        headers: { ...(tag === undefined ? {} : { 'if-none-match': tag }), ...authorization() },
        signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
      });
    } catch {
      throw new NoContact('lost', 'it does not answer');
    }
    if (answer.status === 304) return null;
    if (answer.status === 503) throw new NoContact('starting', await reasonOf(answer));
    if (answer.status === 401) throw new NoContact('token', await reasonOf(answer));
    if (answer.status >= 400 && answer.status < 500) throw new NoContact('refused', await reasonOf(answer));
    if (!answer.ok) throw new NoContact('lost', `it answers ${answer.status}`);
    try {
      const value = /** @type {unknown} */ (await answer.json());
      tags[path] = answer.headers.get('etag') ?? '';
      return value;
    } catch {
      throw new NoContact('lost', 'its answer broke off');
    }
  };

  const look = async () => {
    const seen = /** @type {Seen | null} */ (await ask('/v1/overview'));
    if (seen !== null) {
      const isNew = state.seen === null || seen.run !== state.seen.run || seen.tick !== state.seen.tick;
      put({ seen, ...(isNew ? { changedMs: performance.now() } : {}) });
    }
    putContact('ok', '');
    if (state.seen !== null && isHistoryDue(state.seen)) await lookBack(state.seen);
  };

  /** Charts are drawn anew when a step was made, or a slot of time has passed. @param {Seen} seen */
  const isHistoryDue = (seen) => {
    if (performance.now() - historyAskedMs < HISTORY_EVERY_MS) return false;
    return keyOf(seen) !== historyKey;
  };

  /** @param {Seen} seen */
  const keyOf = (seen) => {
    const slot = Math.floor(seen.atMs / (state.history?.slotMs ?? 1));
    return [
      seen.run,
      slot,
      ...seen.fleets.map((one) => `${one.wantedGpus}/${one.runningNodes}/${one.limit}`),
    ].join(' ');
  };

  /** @param {Seen} seen */
  const lookBack = async (seen) => {
    historyAskedMs = performance.now();
    const history = /** @type {History | null} */ (await ask('/v1/history'));
    if (history !== null) put({ history });
    historyKey = keyOf(seen);
  };

  const turn = async () => {
    clearTimeout(timer);
    try {
      await look();
    } catch (error) {
      if (!(error instanceof NoContact)) throw error;
      putContact(error.kind, error.message);
    } finally {
      timer = setTimeout(() => void turn(), document.hidden ? ASK_HIDDEN_EVERY_MS : ASK_EVERY_MS);
    }
  };

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void turn();
  });
  void turn();
};

class NoContact extends Error {
  /** @param {Contact['kind']} kind @param {string} why */
  constructor(kind, why) {
    super(why);
    this.kind = kind;
  }
}

/** @param {Response} answer */
const reasonOf = async (answer) => {
  try {
    const body = /** @type {{ readonly message?: unknown } | null} */ (await answer.json());
    return typeof body?.message === 'string' ? body.message : `it answers ${answer.status}`;
  } catch {
    return `it answers ${answer.status}`;
  }
};
