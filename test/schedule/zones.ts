// Twenty zones that between them have every trouble: no change, half-hour offsets and half-hour changes, changes at
// midnight, southern summers, a winter time that is called summer, rules without a fixed date, and a skipped day.
export const TWENTY_ZONES = [
  'UTC',
  'America/Los_Angeles',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'America/Santiago',
  'America/Sao_Paulo',
  'Europe/London',
  'Europe/Dublin',
  'Europe/Berlin',
  'Atlantic/Azores',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Antarctica/Troll',
] as const;

/** A seed for fast-check that is printed, so that a failure can be had again. */
export const printedSeed = (name: string): number => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.info(`${name}: SEED=${seed}`);
  return seed;
};

/** Ten years that hold three leap days and, for most zones, twenty clock changes. */
export const FROM = Date.UTC(2024, 0, 1);
export const TO = Date.UTC(2034, 0, 1);
