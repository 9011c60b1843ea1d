import { isIP } from "node:net";

/** One spelling per name, so that names from certificates, from HAProxy and from people compare as strings. */
export function canonicalName(name: string): string {
  if (isIP(name) === 6) return new URL(`http://[${name}]/`).hostname.slice(1, -1);
  return name.toLowerCase().replace(/\.$/, "");
}

/** True when a client asking for `name` would be answered by one of `names`: equal, or under a wildcard of them. */
export function covers(names: readonly string[], name: string): boolean {
  if (names.includes(name)) return true;
  const dot = name.indexOf(".");
  return dot > 0 && isIP(name) === 0 && !name.startsWith("*.") && names.includes(`*${name.slice(dot)}`);
}
