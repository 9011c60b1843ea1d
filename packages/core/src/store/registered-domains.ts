import { isIPv4 } from "node:net";
import type { Identifier } from "../identifier.ts";

/**
 * What certificates for these identifiers count against: the registered domain of a name, an IPv4 address itself, the /64
 * around an IPv6 address. Without duplicates.
 *
 * @param registeredDomain by the public suffix list, of a name without `*.`; `undefined` where there is none
 */
export function registeredDomains(
  identifiers: readonly Identifier[],
  registeredDomain: (name: string) => string | undefined,
): readonly string[] {
  const domains = identifiers.map(({ type, value }) => {
    if (type === "ip") return isIPv4(value) ? value : network64(value);
    const name = value.replace(/^\*\./, "");
    return registeredDomain(name) ?? name;
  });
  return [...new Set(domains)];
}

function network64(address: string): string {
  // The URL parser writes an embedded IPv4 part as hex groups and shortens only at one "::".
  const [head = "", tail = ""] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const before = head.split(":").filter(Boolean);
  const after = tail.split(":").filter(Boolean);
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
