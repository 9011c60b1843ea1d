import { BlockList, isIPv6 } from "node:net";

/** What is no address of the public Internet (IANA special-purpose registries, RFC 6890). */
const internal4 = new BlockList();
// Apart from the other: a list tests an IPv4 address against the IPv6 networks that map it, too.
const internal6 = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  internal4.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["::", 127],
  // IPv4 in IPv6 clothes: mapped, translated (NAT64), 6to4, Teredo. What is behind it is nobody's guess.
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2002::", 16],
  ["2001::", 32],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const) {
  internal6.addSubnet(network, prefix, "ipv6");
}

/**
 * True for an address a server must not be talked into asking: loopback, link-local (and the cloud metadata service
 * there), private, carrier NAT, unique local, multicast, reserved.
 */
export function isInternal(address: string): boolean {
  return isIPv6(address) ? internal6.check(address, "ipv6") : internal4.check(address, "ipv4");
}
