// Notifications as the wiring sees them: finished ticks go in, people are told. Taking a report decides and queues, which is
// arithmetic; sending, retrying and keeping go on beside it. Whatever goes wrong here is a warning and never stops a tick.
import type { Notice, NoticeChannel, NoticeOutcome } from '../../domain/notice.ts';
import type { TickReport } from '../../domain/report.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import type { DurationMs, UnixMs } from '../../domain/time.ts';
import type { Timer } from '../../ports/clock.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { Random } from '../../ports/random.ts';
import { decideNotices } from '../notices/decide-notices.ts';
import type { NoticeRules } from '../notices/decide-notices.ts';
import { sendOnce, startCourier, wordsOf } from './courier.ts';
import type { Pauses } from './courier.ts';
import { keptFile } from './kept-file.ts';
import type { Address, Sender } from './letter.ts';
import { createOutbox } from './outbox.ts';
import { createPost } from './post.ts';

export interface NotifyOptions {
  readonly addresses: readonly Address[];
  readonly rules: NoticeRules;
  readonly from: Sender;
  /** The file that remembers what was told. */
  readonly path: string;
  readonly timer: Timer;
  readonly random: Random;
  /** Real time of day: spans between notices are kept in it, whatever the clock of the decisions does. */
  readonly realNow: () => UnixMs;
  readonly onOutcome: (channel: NoticeChannel, outcome: NoticeOutcome) => void;
  /** A notice could not be said now because too many were said within the hour. */
  readonly onHeldBack: () => void;
  readonly warn: (text: string) => void;
  readonly deadlineMs?: DurationMs;
  readonly pauses?: Pauses;
  /** How long a stop waits for what is under way. */
  readonly lastWordsMs?: DurationMs;
}

export interface Notifying extends Notifier {
  /** Takes a finished tick. Returns at once and never throws. */
  readonly take: (report: TickReport) => void;
  /** Gives what is under way a moment, stops, and keeps the rest for the next start. */
  readonly close: () => Promise<void>;
}

const DEADLINE_MS = 10 * SECOND_MS;
const PAUSES: Pauses = { firstMs: SECOND_MS, mostMs: 5 * MINUTE_MS, giveUpMs: 6 * HOUR_MS };
/** Notices that may wait for one channel. */
const WAITING_MAX = 200;
const LAST_WORDS_MS = 2 * SECOND_MS;

export const createNotifying = (options: NotifyOptions): Notifying => {
  const { addresses, rules, realNow, warn, pauses = PAUSES, timer } = options;
  const post = createPost(options.deadlineMs ?? DEADLINE_MS);
  const channels = addresses.map(({ channel }) => channel);
  const file = keptFile(options.path, () => ({ memory, outbox: outbox.all() }), warn);
  const kept = file.read();
  let memory = kept.memory;
  const outbox = createOutbox(kept.outbox, channels, WAITING_MAX);
  let heldBack: ReadonlySet<string> = new Set();
  const say = outcomeWords(warn);
  const couriers = addresses.map((address) =>
    startCourier({
      address,
      from: options.from,
      outbox,
      post,
      timer,
      random: options.random,
      realNow,
      pauses,
      onOutcome: (outcome, why) => {
        options.onOutcome(address.channel, outcome);
        say(address.channel, outcome, why);
        if (outcome !== 'retried') file.touch();
      },
    }),
  );
  const tell = (notices: readonly Notice[]): void => {
    if (notices.length === 0) return;
    for (const channel of outbox.add(notices, channels, realNow())) options.onOutcome(channel, 'dropped');
    for (const courier of couriers) courier.wake();
  };
  const decide = (report: TickReport): void => {
    const before = memory;
    const decided = decideNotices({ report, memory, rules, realMs: realNow() });
    memory = decided.memory;
    for (const key of decided.heldBack) if (!heldBack.has(key)) options.onHeldBack();
    heldBack = new Set(decided.heldBack);
    tell(decided.notices);
    if (JSON.stringify(before) !== JSON.stringify(memory)) file.touch();
  };
  return {
    tell: (notices) => {
      tell(notices);
      file.touch();
    },
    take: (report) => {
      try {
        decide(report);
      } catch (error) {
        warn(
          `E_BUG nobody was notified of a tick: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
    close: async () => {
      const waited = new AbortController();
      const empty = async (): Promise<void> => {
        while (outbox.all().length > 0 && !waited.signal.aborted) await timer.sleep(20, waited.signal);
      };
      await Promise.race([empty(), timer.sleep(options.lastWordsMs ?? LAST_WORDS_MS)]);
      waited.abort();
      await Promise.all(couriers.map((courier) => courier.stop()));
      file.touch();
      await file.settled();
      await post.close();
    },
  };
};

/** Says once that a channel does not answer, and once that it does again; every notice that is given up is said. */
const outcomeWords = (
  warn: (text: string) => void,
): ((channel: NoticeChannel, outcome: NoticeOutcome, why: string | null) => void) => {
  const failing = new Set<NoticeChannel>();
  return (channel, outcome, why) => {
    if (outcome === 'delivered') {
      if (failing.delete(channel)) warn(`notices reach ${channel} again`);
    } else if (outcome === 'retried') {
      if (!failing.has(channel)) warn(`a notice could not be sent to ${channel} yet: ${why}; trying again`);
      failing.add(channel);
    } else warn(`E_NOTIFY_DELIVERY a notice to ${channel} was given up (${outcome}): ${why}`);
  };
};

export interface TestOptions extends Pick<NotifyOptions, 'addresses' | 'from' | 'realNow'> {
  readonly deadlineMs?: DurationMs;
}

export interface TestResult {
  readonly channel: NoticeChannel;
  readonly ok: boolean;
  /** `HTTP 200`, or what went wrong; no secret. */
  readonly words: string;
}

/** Sends one test notice by every channel, once each. */
export const testNotices = async (options: TestOptions): Promise<readonly TestResult[]> => {
  const post = createPost(options.deadlineMs ?? DEADLINE_MS);
  const atMs = options.realNow();
  const notice: Notice = {
    id: `test.${atMs}`,
    event: 'test',
    state: 'once',
    severity: 'info',
    fleet: null,
    atMs,
    mode: 'live',
    text: 'this is a test of the notifications; nothing is wrong',
    figures: null,
  };
  const { from, realNow } = options;
  const { signal } = new AbortController();
  try {
    return await Promise.all(
      options.addresses.map(async (address) => {
        const posted = await sendOnce({ address, from, post, realNow }, { notice }, signal);
        const ok = posted.kind === 'answered' && posted.status >= 200 && posted.status < 300;
        return { channel: address.channel, ok, words: wordsOf(posted) };
      }),
    );
  } finally {
    await post.close();
  }
};
