// What became of notices, by channel. The series exist from the first scrape on, and only for the channels that are
// configured.
import { NOTICE_CHANNELS, NOTICE_OUTCOMES } from '../domain/notice.ts';
import type { NoticeChannel, NoticeOutcome } from '../domain/notice.ts';
import type { Instruments } from './instruments.ts';

export interface NotificationCounts {
  readonly onOutcome: (channel: NoticeChannel, outcome: NoticeOutcome) => void;
  readonly onHeldBack: () => void;
}

export const notificationMetrics = (
  instruments: Instruments,
  channels: readonly NoticeChannel[],
): NotificationCounts => {
  if (channels.length === 0) return { onOutcome: () => undefined, onHeldBack: () => undefined };
  const notices = instruments.counter({
    name: 'notifications_total',
    help: 'Attempts to notify a person, by channel and how they ended.',
    labels: ['channel', 'outcome'],
  });
  const heldBack = instruments.counter({
    name: 'notifications_held_back_total',
    help: 'Notices that had to wait because too many were made within the hour.',
    labels: [],
  });
  for (const channel of NOTICE_CHANNELS.filter((one) => channels.includes(one))) {
    for (const outcome of NOTICE_OUTCOMES) notices.inc({ channel, outcome }, 0);
  }
  return {
    onOutcome: (channel, outcome) => notices.inc({ channel, outcome }),
    onHeldBack: () => heldBack.inc(),
  };
};
