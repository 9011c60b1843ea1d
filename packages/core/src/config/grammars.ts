import { resolve } from "node:path";
import { normalizeName, parseServer } from "@certwright/dns";
import { parseZonePin } from "@certwright/provider";
import { parseIdentifier } from "../identifier.ts";
import { certificateNameForm, longestCertificateName } from "../store/names.ts";
import { parsed, text } from "./scalars.ts";
import { bad, type Type } from "./type.ts";

/** What accounts, CAs, providers, targets and notifications are called by in the file. */
export const label: Type<string> = text({
  label: "label",
  longest: 63,
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
  expected: "a letter, then letters, digits, - and _",
});

/** A certificate's name in the store. */
export const certificateName: Type<string> = text({
  label: "name",
  longest: longestCertificateName,
  pattern: certificateNameForm,
  expected: "a name without spaces and slashes",
});

/** A name of a certificate as a person writes it; checked here, read by `parseIdentifier` again. */
export const identifier: Type<string> = parsed(
  text({ label: "name or address" }),
  (value) => parseIdentifier(value).value,
);

/** A domain name, in lower case and A-labels. */
export const domain: Type<string> = parsed(text({ label: "domain" }), normalizeName);

/** A provider by id, package name or path; a path that starts with a dot is relative to the configuration file. */
export const providerName: Type<string> = {
  ...text({ label: "id, package or path", longest: 512 }),
  read: (node, reading) => {
    const name = text({ longest: 512 }).read(node, reading);
    return name !== bad && /^\.{1,2}\//.test(name) ? resolve(reading.directory, name) : name;
  },
};

/** A zone to write to, `name` or `name=id`. */
export const zonePin: Type<string> = parsed(text({ label: "zone" }), (value) => {
  parseZonePin(value);
  return value;
});

/** A DNS server: address, `host:port` or an `https:` URL. */
export const server: Type<string> = parsed(text({ label: "DNS server" }), (value) => {
  parseServer(value);
  return value;
});

const challengePrefix = /^_(?:acme-challenge|validation-persist|[a-z2-7]+\._acme-challenge)\./;

/** A name a challenge's record is looked for at. */
export const challengeName: Type<string> = parsed(text({ label: "challenge name" }), (value) => {
  const name = normalizeName(value);
  if (!challengePrefix.test(name)) {
    const error = new Error("it does not start with _acme-challenge.");
    throw Object.assign(error, { hint: `Write _acme-challenge.${name}, the whole name the CA will look at.` });
  }
  return name;
});
