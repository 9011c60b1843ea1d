/*
 * Loaded before a program (`node --import`): its clock is put forward by `CLOCK_AHEAD` milliseconds, and from then on runs
 * `CLOCK_SPEED` times as fast, for pauses of forty seconds and more, which are what a test cannot wait for; what is shorter
 * is mostly a limit for others, and they are not faster.
 */

const ahead = Number(process.env.CLOCK_AHEAD ?? 0);
const speed = Number(process.env.CLOCK_SPEED ?? 1);
const started = Date.now();
const now = Date.now.bind(Date);
Date.now = () => started + ahead + (now() - started) * speed;

const wait = globalThis.setTimeout;
globalThis.setTimeout = ((act: () => void, milliseconds = 0, ...rest: []) =>
  wait(act, milliseconds >= 40_000 ? milliseconds / speed : milliseconds, ...rest)) as typeof setTimeout;
