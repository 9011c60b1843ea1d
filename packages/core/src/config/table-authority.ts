import type { LimitExemption, LimitSubject } from "../store/limits.ts";
import { list, object } from "./collections.ts";
import { label } from "./grammars.ts";
import { choice, duration, flag, integer, path, text } from "./scalars.ts";
import { secretRef } from "./secret-type.ts";
import { filled, optional, required, type Type } from "./type.ts";

const subject: Type<LimitSubject> = choice(
  "account-orders",
  "registered-domain",
  "identifier-set",
  "validation-failures",
  "consecutive-validation-failures",
);
const exemption: Type<LimitExemption> = choice("ari", "same-set");

const email: Type<string> = text({
  label: "e-mail address",
  longest: 320,
  pattern: /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/,
  expected: "one address such as ops@example.com",
});

export const account = object("account", "Who asks for certificates. Every CA makes an account of its own for it.", {
  email: optional(email, "Contact address the CA may write to.", "an account without an address"),
  acceptTerms: filled(
    flag,
    false,
    "You agree to the terms of service of every CA this account is used at. Without it no account is made.",
  ),
  key: optional(
    secretRef,
    "Key of an account made elsewhere, in PEM or as certbot's JWK.",
    "a key is made and kept in the state",
  ),
});

const externalAccount = object("eab", "External account binding (RFC 8555 section 7.3.4), as the CA shows it.", {
  keyId: required(
    text({ longest: 1024, pattern: /^[!-~]+$/, expected: "the key identifier as the CA shows it" }),
    "Key identifier.",
  ),
  hmacKey: required(secretRef, "MAC key in base64url."),
});

const limit = object("limit", "One limit of the CA: so many tokens, which fill again evenly over the period.", {
  subject: required(subject, "What is counted."),
  count: required(integer(1, 1_000_000), "How many."),
  period: required(duration("1s", "2000d"), "In what time."),
  exempt: filled(
    list(exemption, { distinct: true }),
    [],
    "What does not count: `ari`, renewals in the CA's own window; `same-set`, names that had a certificate before.",
  ),
  id: optional(label, "What the limit is called in reasons and in the ledger.", "its subject"),
});

export const ca = object("ca", "A certificate authority, and how it is used.", {
  url: optional(text({ longest: 2048 }), "Short name of a public CA, or the directory URL of any.", "the CA's label"),
  account: optional(label, "Label of the account used there.", "the only account, or one without an address"),
  caFile: optional(path, "PEM file of roots to trust for the CA's own HTTPS, in place of the system's."),
  eab: optional(externalAccount, "External account binding, which some CAs require."),
  staging: optional(
    text({ longest: 2048 }),
    "Where names are tried first after they could not be validated here: a label under cas, a short name, a directory URL, or `none`.",
    "Let's Encrypt's own for Let's Encrypt, `none` for others",
  ),
  fetchEab: filled(
    flag,
    false,
    "Let the CA make an external account binding for the account's address when the account is made. ZeroSSL does.",
  ),
  limits: optional(
    list(limit),
    "Limits of this CA, so that orders it would refuse are never sent.",
    "those it publishes, where they are known",
  ),
});

export { email };
