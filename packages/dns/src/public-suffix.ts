import { parse } from "tldts";

/**
 * Whose suffix it is: `icann` for one a registry runs (`com`, `co.uk`), `private` for one a company gives names under
 * (`github.io`), `unlisted` for a top-level domain the list does not know (its default rule `*`).
 */
export type PublicSuffixKind = "icann" | "private" | "unlisted";

/** What kind of public suffix a normalized name is by publicsuffix.org; undefined where it is none. */
export function publicSuffixKind(name: string): PublicSuffixKind | undefined {
  const found = parse(name, {
    allowPrivateDomains: true,
    validateHostname: false,
    detectIp: false,
    extractHostname: false,
  });
  if (found.publicSuffix !== name) return undefined;
  if (found.isPrivate) return "private";
  return found.isIcann ? "icann" : "unlisted";
}

/**
 * True where strangers hold the names directly below `name`.
 *
 * Both sections of the list count. The question asked here is "can this zone be the user's own?", and nobody but
 * GitHub runs `github.io`, just as nobody but the registry runs `com`: a zone search that ends at either went too far.
 * Those who do run such a zone say so (`allowPublicSuffix`, or a pinned zone). Whether a CA may issue for a name is
 * another question, where only `icann` suffixes count: use {@link publicSuffixKind}.
 */
export function isPublicSuffix(name: string): boolean {
  return publicSuffixKind(name) !== undefined;
}

/**
 * The name registered below the public suffix (`example.co.uk` of `www.example.co.uk`), both sections of the list counted,
 * as Let's Encrypt counts; undefined for a public suffix itself.
 */
export function registeredDomain(name: string): string | undefined {
  return parse(name, { allowPrivateDomains: true, validateHostname: false, detectIp: false }).domain ?? undefined;
}
