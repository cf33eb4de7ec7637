// Whoever carries notices to people.
import type { Notice } from '../domain/notice.ts';

export interface Notifier {
  /** Takes notices for every channel. Returns at once and never throws; what becomes of them shows in metrics and log. */
  readonly tell: (notices: readonly Notice[]) => void;
}
