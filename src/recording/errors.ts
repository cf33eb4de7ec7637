// What the recording of the market refuses, each with a stable code; the documentation lists the same. A daemon that records
// never ends for one of these: it says it once and goes on.

export const RECORDING_ERRORS = {
  E_RECORDING_OFF: {
    meaning: 'The settings say that the market is not recorded.',
    remedy: 'Remove `recording: off` from the settings, or name another settings file.',
  },
  E_RECORDING_MISSING: {
    meaning: 'There is no recording yet.',
    remedy:
      'Let the daemon run for a while, or import price histories; check recording.store in the settings.',
  },
  E_RECORDING_OPEN: {
    meaning: 'A file is no recording, is damaged, or was made by a newer version of bidkeeper.',
    remedy: 'Name the file of recording.store; a damaged one that the daemon set aside ends in .damaged.',
  },
  E_RECORDING_WRITE: {
    meaning: 'A recording or an export could not be written.',
    remedy:
      'Check the space and the permissions of its disk; for an export name a folder that may be written.',
  },
  E_RECORDING_IMPORT: {
    meaning: 'A price history to be imported cannot be read, or it is not said what it is a history of.',
    remedy: 'Mend the file at the line named; give --gpu, and --zone when the name of the file is no zone.',
  },
} as const;

export type RecordingErrorCode = keyof typeof RECORDING_ERRORS;

export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingErrorCode;

  constructor(code: RecordingErrorCode, detail: string) {
    super(`${code} ${detail}. ${RECORDING_ERRORS[code].remedy}`);
    this.code = code;
  }
}
