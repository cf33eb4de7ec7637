// While a world runs, the globals that would let real time, chance or the network in throw. Whoever in the program uses
// them instead of its ports fails at once and by name, not once in a thousand runs.

type Restore = () => void;

const refuse = (name: string) => (): never => {
  throw new Error(`E_SIMULATION ${name} was used inside the simulated world; it must come through a port`);
};

const replace = (target: object, key: string, value: unknown): Restore => {
  const before = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, { value, writable: true, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, key);
    else Object.defineProperty(target, key, before);
  };
};

/** The calendar library bounds its search for clock changes by the present; it gets one that is always the same. */
const PRESENT_MS = 1_767_225_600_000;
const present = (): number =>
  (new Error('who asks').stack ?? '').includes('temporal-polyfill') ? PRESENT_MS : refuse('Date.now')();

/** A Date that still reads and formats instants it is given, but knows no present. */
const timelessDate = (): typeof Date =>
  new Proxy(Date, {
    construct: (target, given: unknown[]) =>
      given.length === 0 ? refuse('new Date()')() : (Reflect.construct(target, given) as object),
    apply: refuse('Date()'),
    get: (target, key) => (key === 'now' ? present : (Reflect.get(target, key) as unknown)),
  });

/** Forbids them; the answer allows them again. */
export const forbidGlobals = (): Restore => {
  const restores = [
    replace(globalThis, 'Date', timelessDate()),
    replace(Math, 'random', refuse('Math.random')),
    replace(performance, 'now', refuse('performance.now')),
    ...['setTimeout', 'setInterval', 'fetch'].map((name) => replace(globalThis, name, refuse(name))),
  ];
  return () => {
    for (const restore of restores.toReversed()) restore();
  };
};
