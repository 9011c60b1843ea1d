/** A set of Debian packages that live together in one root folder of their own. */
export interface ServerGroup {
  /** Debian release the packages are taken from. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** Programs to make runnable on the host, relative to the root folder. */
  readonly programs: readonly string[];
}

/**
 * What each group installs. The demo downloads only its own.
 * HAProxy 3.2 and Pebble are newer than Debian 12, hence the later release; HAProxy 2.6 is Debian 12's own.
 */
export const serverGroups = {
  demo: {
    suite: "forky",
    packages: ["haproxy", "pebble", "bind9"],
    programs: ["usr/sbin/haproxy", "usr/bin/pebble", "usr/bin/pebble-challtestsrv", "usr/sbin/named"],
  },
  dns: {
    suite: "forky",
    packages: ["knot", "pdns-server", "pdns-backend-sqlite3", "sqlite3"],
    programs: ["usr/sbin/knotd", "usr/sbin/pdns_server", "usr/bin/sqlite3"],
  },
  haproxy26: {
    suite: "bookworm",
    packages: ["haproxy"],
    programs: ["usr/sbin/haproxy"],
  },
  moto: {
    suite: "forky",
    packages: [
      "python3-moto",
      "python3-flask",
      "python3-flask-cors",
      "python3-openapi-schema-validator",
      "python3-joserfc",
      "python3-docker",
      "python3-graphql-core",
    ],
    // Python breaks when its binary is rewritten; it is run through the root's own loader instead (see Root.loader).
    programs: [],
  },
  openssl: {
    suite: "bookworm",
    packages: ["openssl"],
    programs: ["usr/bin/openssl"],
  },
  systemd: {
    suite: "bookworm",
    packages: ["systemd"],
    // Run through the root's own loader, too: its private library is where no path of the program leads.
    programs: [],
  },
} as const satisfies Record<string, ServerGroup>;

export type ServerGroupName = keyof typeof serverGroups;
