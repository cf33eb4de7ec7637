// Carries the notices of one channel, one after the other, beside the tick and never in it. A failure is tried again with a
// growing pause; a refusal (a 4xx that waiting does not mend) gives that notice up and goes on to the next; what could not be
// delivered for hours is old news and given up too. Nothing here throws.
import type { NoticeOutcome } from '../../domain/notice.ts';
import type { DurationMs, UnixMs } from '../../domain/time.ts';
import type { Timer } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { Waiting } from '../notices/memory.ts';
import { letterOf } from './letter.ts';
import type { Address, Sender } from './letter.ts';
import type { Outbox } from './outbox.ts';
import type { Post, Posted } from './post.ts';

export interface Pauses {
  /** After the first failure; doubled with each further one. */
  readonly firstMs: DurationMs;
  readonly mostMs: DurationMs;
  /** After this long a notice is given up. */
  readonly giveUpMs: DurationMs;
}

export interface CourierOptions {
  readonly address: Address;
  readonly from: Sender;
  readonly outbox: Outbox;
  readonly post: Pick<Post, 'send'>;
  readonly timer: Timer;
  readonly random: Random;
  readonly realNow: () => UnixMs;
  readonly pauses: Pauses;
  /** Told of every attempt, after the outbox knows. `why` is fit for a person and holds no secret. */
  readonly onOutcome: (outcome: NoticeOutcome, why: string | null) => void;
}

export interface Courier {
  /** There may be something to carry. */
  readonly wake: () => void;
  /** Stops at once; resolves when nothing is under way. */
  readonly stop: () => Promise<void>;
}

export const startCourier = (options: CourierOptions): Courier => {
  const { outbox, timer, address } = options;
  const stopped = new AbortController();
  let awake = Promise.withResolvers<void>();
  let failures = 0;

  const carry = async (waiting: Waiting): Promise<void> => {
    const posted = await sendOnce(options, waiting, stopped.signal);
    // A sending that was cut short is not known to have failed: it is tried again after the next start.
    if (stopped.signal.aborted && posted.kind === 'failed') return;
    const outcome = judge(posted, options.realNow() - waiting.takenRealMs, options.pauses);
    if (outcome === 'retried') {
      failures += 1;
      options.onOutcome(outcome, wordsOf(posted));
      await timer.sleep(pauseOf(options, failures, posted), stopped.signal);
      return;
    }
    failures = outcome === 'expired' ? failures : 0;
    outbox.settle(waiting.notice.id, address.channel);
    options.onOutcome(outcome, outcome === 'delivered' ? null : wordsOf(posted));
  };

  const work = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const waiting = outbox.next(address.channel);
      if (waiting !== null) await carry(waiting);
      else {
        await awake.promise;
        awake = Promise.withResolvers<void>();
      }
    }
  };
  const working = work();
  return {
    wake: () => awake.resolve(),
    stop: () => {
      stopped.abort();
      awake.resolve();
      return working;
    },
  };
};

/** Sends a notice once; for the courier, and for the test on the command line. */
export const sendOnce = (
  options: Pick<CourierOptions, 'address' | 'from' | 'post' | 'realNow'>,
  waiting: Pick<Waiting, 'notice'>,
  signal: AbortSignal,
): Promise<Posted> => {
  const { address, from, post } = options;
  return post.send(address.url, letterOf(waiting.notice, address, from, options.realNow()), signal);
};

/** 408, 425 and 429 pass with time, and so do 5xx; every other answer that is not 2xx stays what it is. */
const mayPass = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

const judge = (posted: Posted, ageMs: DurationMs, pauses: Pauses): NoticeOutcome => {
  if (posted.kind === 'answered' && posted.status >= 200 && posted.status < 300) return 'delivered';
  if (posted.kind === 'answered' && !mayPass(posted.status)) return 'refused';
  return ageMs >= pauses.giveUpMs ? 'expired' : 'retried';
};

export const wordsOf = (posted: Posted): string => {
  if (posted.kind === 'failed') return posted.why;
  return posted.status >= 300 && posted.status < 400
    ? `HTTP ${posted.status}: redirects are not followed`
    : `HTTP ${posted.status}`;
};

/** Doubles with each failure, half of it by chance; what the receiver asks for is granted up to the longest pause. */
const pauseOf = ({ pauses, random }: CourierOptions, failures: number, posted: Posted): DurationMs => {
  const whole = Math.min(pauses.mostMs, pauses.firstMs * 2 ** Math.min(30, failures - 1));
  const own = whole / 2 + (whole / 2) * random.next();
  const asked = posted.kind === 'answered' ? (posted.retryAfterMs ?? 0) : 0;
  return Math.max(own, Math.min(asked, pauses.mostMs));
};
