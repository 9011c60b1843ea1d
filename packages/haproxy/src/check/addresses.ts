import { isIP } from "node:net";

/* Addresses of HAProxy's configuration and of `show cli sockets`: `/path`, `ipv4@host:port`, `abns@name`. */

/** True for a socket in the file system, and for what is passed from process to process. */
export function isPath(address: string): boolean {
  return /^(?:unix@)?\//.test(address) || /^(?:unix|sockpair|fd)@/.test(address);
}

/**
 * True for what every user of this machine reaches, and nobody else: loopback, and sockets with a name instead of a path,
 * which have no mode.
 */
export function isOfMachine(address: string): boolean {
  return /^abnsz?@/.test(address) || address.split(",").every(isLoopback);
}

/** One text for one place, however it is written. */
export function canonical(address: string): string {
  return address.replace(family, "");
}

const family = /^(?:unix|ipv4|ipv6|ip|tcp|tcp4|tcp6|mptcp|mptcp4|mptcp6|quic4|quic6)@/;

function isLoopback(address: string): boolean {
  const host = canonical(address)
    .replace(/:[\d-]+$/, "")
    .replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
