// Notices that wait to be sent, in order, each with the channels it still has to go out by. Bounded: where a receiver stays
// away, the oldest news is given up first.
import type { Notice, NoticeChannel } from '../../domain/notice.ts';
import type { UnixMs } from '../../domain/time.ts';
import type { Waiting } from '../notices/memory.ts';

export interface Outbox {
  /** Takes notices; gives the channel of each older one that had to be given up. */
  readonly add: (
    notices: readonly Notice[],
    channels: readonly NoticeChannel[],
    realMs: UnixMs,
  ) => readonly NoticeChannel[];
  readonly next: (channel: NoticeChannel) => Waiting | null;
  /** The notice needs that channel no more. */
  readonly settle: (id: string, channel: NoticeChannel) => void;
  readonly all: () => readonly Waiting[];
}

/** `kept`: what an earlier run left; channels that are no longer configured are forgotten. */
export const createOutbox = (
  kept: readonly Waiting[],
  channels: readonly NoticeChannel[],
  mostPerChannel: number,
): Outbox => {
  let waiting: readonly Waiting[] = kept
    .map((one) => ({ ...one, channels: one.channels.filter((channel) => channels.includes(channel)) }))
    .filter((one) => one.channels.length > 0);
  const of = (channel: NoticeChannel): readonly Waiting[] =>
    waiting.filter((one) => one.channels.includes(channel));
  const settle = (id: string, channel: NoticeChannel): void => {
    waiting = waiting
      .map((one) =>
        one.notice.id === id ? { ...one, channels: one.channels.filter((each) => each !== channel) } : one,
      )
      .filter((one) => one.channels.length > 0);
  };
  return {
    add: (notices, to, realMs) => {
      waiting = [...waiting, ...notices.map((notice) => ({ notice, takenRealMs: realMs, channels: to }))];
      return to.flatMap((channel) => {
        const tooMany = of(channel).slice(0, Math.max(0, of(channel).length - mostPerChannel));
        for (const { notice } of tooMany) settle(notice.id, channel);
        return tooMany.map(() => channel);
      });
    },
    next: (channel) => of(channel)[0] ?? null,
    settle,
    all: () => waiting,
  };
};
