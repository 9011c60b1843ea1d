import { isIP } from "node:net";
import { normalizeName, publicSuffixKind } from "@certwright/dns";
import { CertwrightError } from "@certwright/provider";

/** What a certificate is for (RFC 8555 section 9.7.7; RFC 8738 for `ip`). A wildcard keeps its `*.`. */
export interface Identifier {
  readonly type: "dns" | "ip";
  readonly value: string;
}

/** Challenge types as the RFCs and drafts spell them. */
export type ChallengeType = "dns-01" | "http-01" | "tls-alpn-01" | "dns-account-01" | "dns-persist-01";

/**
 * Reads a name as a person writes it: a domain name (any case, IDN, trailing dot), a wildcard, an IPv4 or IPv6 address.
 *
 * @throws CertwrightError `IDENTIFIER_BAD`, `IDENTIFIER_WILDCARD`, `IDENTIFIER_PUBLIC_SUFFIX`
 */
export function parseIdentifier(text: string): Identifier {
  const trimmed = text.trim();
  const address = trimmed.startsWith("[") && trimmed.endsWith("]") ? trimmed.slice(1, -1) : trimmed;
  if (isIP(address) !== 0) return { type: "ip", value: canonicalAddress(address) };
  const wildcard = trimmed.startsWith("*.");
  const base = wildcard ? trimmed.slice(2) : trimmed;
  if (base.includes("*")) {
    throw new CertwrightError("IDENTIFIER_WILDCARD", `${quoted(text)} has a * where none may be`, {
      hint: "A wildcard is one * as the whole first label: *.example.com. It covers one level only.",
    });
  }
  const name = readName(base, text);
  if (publicSuffixKind(name) === "icann") {
    throw new CertwrightError(
      "IDENTIFIER_PUBLIC_SUFFIX",
      `${quoted(text)} is a public suffix, under which others register names`,
      {
        hint: "No CA issues for it. Name a domain below it.",
      },
    );
  }
  // The CA's certificate holds the star too, so it counts against the 253 bytes of a name.
  return { type: "dns", value: wildcard ? `*.${readName(`x.${name}`, text).slice(2)}` : name };
}

/** The identifier as it was ordered: an authorization keeps a wildcard's `*.` apart (RFC 8555 section 7.1.4). */
export function orderedIdentifier({
  identifier,
  wildcard,
}: {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
}): Identifier {
  return wildcard ? { ...identifier, value: `*.${identifier.value}` } : identifier;
}

/** Without duplicates, in the order given. */
export function uniqueIdentifiers(identifiers: readonly Identifier[]): readonly Identifier[] {
  const byKey = new Map(identifiers.map((identifier) => [`${identifier.type}:${identifier.value}`, identifier]));
  return [...byKey.values()];
}

/** Whether two lists name the same, in whatever order. */
export function sameIdentifiers(a: readonly Identifier[], b: readonly Identifier[]): boolean {
  const keys = (identifiers: readonly Identifier[]): string =>
    [...new Set(identifiers.map(({ type, value }) => `${type}:${value}`))].sort().join(" ");
  const isSame = ({ type, value }: Identifier, index: number) => type === b[index]?.type && value === b[index].value;
  return (a.length === b.length && a.every(isSame)) || keys(a) === keys(b);
}

function readName(base: string, text: string): string {
  try {
    return normalizeName(base);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^.*? is not a DNS name: /s, "") : String(cause);
    const [, alone] = /^[a-z]+:\/\/([^/:?#@\s]+)|^([^/:@\s]+):\d+$/i.exec(text)?.filter(Boolean) ?? [];
    throw new CertwrightError("IDENTIFIER_BAD", `${quoted(text)} is not a name a certificate can have: ${reason}`, {
      hint:
        alone === undefined
          ? "Give a domain name (example.com), a wildcard (*.example.com) or an IP address."
          : `Give the name alone: ${alone}.`,
      cause,
    });
  }
}

/** The form RFC 5952 (IPv6) and RFC 8738 section 3 ask for. */
function canonicalAddress(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return JSON.stringify(shown);
}
