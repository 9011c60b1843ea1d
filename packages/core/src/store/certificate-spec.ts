import type { CaSpec, CertificateSpec, ChallengeSpec, DnsSpec, PropagationSpec, SecretRef } from "../spec.ts";
import { identifierCodec } from "./certificate-meta.ts";
import {
  byProperty,
  type Codec,
  CodecError,
  count,
  dictionary,
  flag,
  list,
  oneOf,
  optional,
  shape,
  text,
} from "./codec.ts";
import type { DocumentKind } from "./document.ts";

const command: Codec<readonly [string, ...string[]]> = {
  read: (json) => {
    const [program, ...args] = list(text()).read(json);
    if (program === undefined) throw new CodecError("is empty");
    return [program, ...args];
  },
  write: (value) => [...value],
};

const secretRef: Codec<SecretRef> = byProperty<SecretRef>({
  env: shape<{ readonly env: string }>({ env: text() }) as Codec<SecretRef>,
  file: shape<{ readonly file: string }>({ file: text() }) as Codec<SecretRef>,
  command: shape<{ readonly command: readonly [string, ...string[]] }>({ command }) as Codec<SecretRef>,
});

const optionValue: Codec<string | SecretRef> = {
  read: (json) => (typeof json === "string" ? text().read(json) : secretRef.read(json)),
  write: (value) => (typeof value === "string" ? value : secretRef.write(value)),
};

const ca = shape<CaSpec>({
  directoryUrl: text(2048),
  caFile: optional(text()),
  email: optional(text(320)),
  eab: optional(shape<NonNullable<CaSpec["eab"]>>({ kid: text(1024), hmacKey: secretRef })),
});

const challenge = shape<ChallengeSpec>({
  type: oneOf("dns-01", "http-01", "tls-alpn-01", "dns-account-01", "dns-persist-01"),
  provider: optional(text()),
  instance: optional(text()),
  options: optional(dictionary(optionValue)),
  zones: optional(list(text(255))),
  zone: optional(text()),
  webroot: optional(text()),
  listen: optional(text()),
  haproxy: optional(list(text())),
  map: optional(text()),
  stateless: optional(flag),
  selfCheck: optional(flag),
});

const propagation = shape<PropagationSpec>({
  mode: oneOf("check", "fixed", "off"),
  seconds: optional(count),
  publicResolvers: optional(list(text())),
});

const dns = shape<DnsSpec>({
  resolvers: optional(list(text())),
  zoneResolvers: optional(dictionary(list(text()))),
  nameservers: optional(list(text())),
  followAlias: optional(flag),
  aliases: optional(dictionary(text(255))),
  propagation: optional(propagation),
});

/** `spec.json` of a generation: how it was obtained, so that a renewal can do the same. */
export const certificateSpec: DocumentKind<CertificateSpec> = {
  format: 1,
  codec: shape<CertificateSpec>({
    name: text(4096),
    identifiers: list(identifierCodec),
    keyType: oneOf("ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"),
    reuseKey: flag,
    csrFile: optional(text()),
    profile: optional(text(255)),
    preferredChain: optional(text(1024)),
    cas: list(ca),
    challenges: list(challenge),
    dns,
    deploy: list(text()),
  }),
};
