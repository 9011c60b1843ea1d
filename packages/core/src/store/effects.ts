import { type Codec, instant, oneOf, optional, shape, text } from "./codec.ts";

/** What was done outside of this program to answer a challenge, and has to be undone. */
export type EffectKind = "dns-txt" | "http-01-file" | "haproxy-map";

/** One thing done outside. All of it is public by nature; never a secret. */
export interface NewEffect {
  readonly kind: EffectKind;
  /** Who does it: a DNS provider's instance, a web root, a HAProxy target. */
  readonly where: string;
  /** dns-txt: the zone. */
  readonly zone?: string;
  /** The record's, file's or map entry's name. */
  readonly name: string;
  readonly value: string;
  /** Name in the store of the certificate it is for: its spec says how to reach `where`. */
  readonly certificate: string;
}

/** One thing done outside, as it is written down. */
export interface Effect extends NewEffect {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export const effectCodec: Codec<Effect> = shape<Effect>({
  id: text(64),
  kind: oneOf("dns-txt", "http-01-file", "haproxy-map"),
  where: text(),
  zone: optional(text(255)),
  name: text(),
  value: text(),
  certificate: text(4096),
  since: instant,
});

/** Equal for effects that are one and the same thing outside, whoever did them. */
export function effectPlace({ kind, where, zone, name, value }: Omit<NewEffect, "certificate">): string {
  return JSON.stringify([kind, where, zone ?? "", name, value]);
}
