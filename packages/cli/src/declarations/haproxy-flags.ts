import { list } from "../flags.ts";

/** Heading of the options that say which HAProxy is meant. */
export const whichHaproxy = "Which HAProxy";

/** For commands that read or write HAProxy's files by the paths it names. */
export const mapFlag = list(
  "--map <haproxy:local>",
  "for HAProxy in a container or chroot: a path of its own, and what it is here",
  { group: whichHaproxy },
);
