import { isIP } from "node:net";
import { domainToASCII, domainToUnicode } from "node:url";
import { dnsError } from "./errors.ts";

const longestLabel = 63;
const longestName = 253;

/**
 * A name in the one form the rest of Certwright uses: lower-case A-labels without a trailing dot.
 *
 * Unicode labels are converted by UTS 46 (non-transitional); labels that claim to be converted already (`xn--`) must
 * convert back. Underscores are allowed, as in `_acme-challenge`; one `*` is allowed as the leftmost label.
 * @throws DNS_BAD_NAME with the rule that is broken (RFC 1035 section 2.3.4 for the lengths, RFC 5890 for the labels).
 */
export function normalizeName(text: string): string {
  const bad = (reason: string): Error =>
    dnsError("DNS_BAD_NAME", `${JSON.stringify(shorten(text))} is not a DNS name: ${reason}`, {
      hint: "Write a plain host name such as www.example.com, or *.example.com for a wildcard.",
    });

  if (text === "" || text === ".") throw bad("it is empty");
  const wildcard = text.startsWith("*.");
  const ascii = toAscii(wildcard ? text.slice(2) : text);
  if (ascii === undefined) throw bad("its international characters are not allowed in a domain name (UTS 46)");
  const host = ascii.endsWith(".") ? ascii.slice(0, -1) : ascii;
  if (isIP(host) !== 0) throw bad("it is an IP address");
  for (const label of host.split(".")) {
    const fault = faultOf(label);
    if (fault !== undefined) throw bad(fault);
  }
  if (/(?:^|\.)\d+$/.test(host)) throw bad("it ends in a number, as only addresses do");
  const name = wildcard ? `*.${host}` : host;
  if (name.length > longestName) throw bad(`it is ${name.length} bytes long, ${longestName} are allowed`);
  return name;
}

/** True for a name whose leftmost label is `*`. */
export function isWildcard(name: string): boolean {
  return name.startsWith("*.");
}

/** The name without a leading `*.`; other names as they are. */
export function stripWildcard(name: string): string {
  return isWildcard(name) ? name.slice(2) : name;
}

/** True where `name` is `zone` or lies below it. Both normalized. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/**
 * The part of `fqdn` in front of `zone`, and `@` for the zone itself. Both normalized.
 * @throws DNS_BAD_NAME where the name is not within the zone.
 */
export function relativeName(fqdn: string, zone: string): string {
  if (fqdn === zone) return "@";
  if (!isWithin(fqdn, zone)) throw dnsError("DNS_BAD_NAME", `${fqdn} is not within the zone ${zone}`);
  return fqdn.slice(0, -zone.length - 1);
}

/** Every name above `name`, longest first, down to the top-level domain. `a.b.c` gives `b.c` and `c`. */
export function parents(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
}

/** ASCII text is left alone: the URL parser behind domainToASCII would read `0x7f.1` as an IPv4 address. */
function toAscii(text: string): string | undefined {
  if (isAscii(text)) return text.toLowerCase();
  // Percent signs are decoded by the same parser, so a name with one must not get there.
  if (text.includes("%")) return undefined;
  return domainToASCII(text) || undefined;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function faultOf(label: string): string | undefined {
  if (label === "") return "it has an empty label (two dots in a row, or a dot at the start)";
  if (label.length > longestLabel)
    return `the label ${shorten(label)} has ${label.length} bytes, ${longestLabel} are allowed`;
  const forbidden = /[^a-z0-9_-]/.exec(label)?.[0];
  if (forbidden === "*") return "a * may only be the whole leftmost label, and only once";
  if (forbidden !== undefined) return `it contains the character ${JSON.stringify(forbidden)}`;
  if (label.startsWith("-") || label.endsWith("-")) return `the label ${label} starts or ends with a hyphen`;
  if (label.startsWith("xn--")) {
    const unicode = domainToUnicode(label);
    if (unicode === label || domainToASCII(unicode) !== label) return `the label ${label} is not valid punycode`;
  }
  return undefined;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
