import { domainToASCII } from "node:url";
import { ProviderError } from "./errors.ts";
import type { Zone } from "./shapes.ts";

/** The form names have inside the host: lower-case A-labels without the root's dot. */
export function plainName(name: string): string {
  const bare = name.trim().replace(/\.$/, "").toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: anything beyond ASCII
  return /[^\u0000-\u007f]/.test(bare) ? domainToASCII(bare) || bare : bare;
}

/** Whether `name` is the zone's own name or below it; both plain. */
export function isWithinZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/**
 * The names a zone holding `fqdn` can have, longest first, from the name itself to its last label:
 * `_acme-challenge.www.example.com`, `www.example.com`, `example.com`, `com`.
 */
export function candidates(fqdn: string): readonly string[] {
  const labels = plainName(fqdn).split(".");
  return labels.map((_label, index) => labels.slice(index).join("."));
}

/** A zone the person fixed: `example.com`, or `example.com=ID` where the API needs its own identifier of it. */
export interface ZonePin {
  readonly name: string;
  readonly id: string | undefined;
}

/** Reads a pinned zone. @throws ProviderError `PROVIDER_INVALID` where it is no name. */
export function parseZonePin(text: string): ZonePin {
  const at = text.indexOf("=");
  const name = plainName(at === -1 ? text : text.slice(0, at));
  const id = at === -1 ? undefined : text.slice(at + 1).trim();
  if (
    !/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name) ||
    name.length > 253 ||
    id === ""
  )
    throw new ProviderError("PROVIDER_INVALID", `"${text}" is no zone`, {
      hint: "Write it as example.com, or as example.com=ID with the API's id of it.",
    });
  return { name, id };
}

/** What a provider lists, as a zone; an entry that is only a name is its own id. */
export function zoneOf(entry: string | Zone): Zone {
  if (typeof entry === "string") return { name: plainName(entry), id: plainName(entry) };
  return { name: plainName(entry.name), id: entry.id };
}
