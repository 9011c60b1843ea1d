import { usualParallel } from "../spec.ts";
import { dictionary, list, object } from "./collections.ts";
import { certificateName, domain, label, providerName, zonePin } from "./grammars.ts";
import { integer, text } from "./scalars.ts";
import { optionValue } from "./secret-type.ts";
import { account, ca } from "./table-authority.ts";
import { certificate, defaults } from "./table-certificate.ts";
import { runHooks } from "./table-hooks.ts";
import { alarms, notification, serve, state } from "./table-service.ts";
import { fleet, target } from "./table-targets.ts";
import { filled, type Infer, optional } from "./type.ts";

const provider = object("provider", "One account at a DNS provider. Several of one provider are ordinary.", {
  provider: optional(providerName, "Provider by id, package name or path.", "the label"),
  zones: optional(
    list(domain, { least: 1, distinct: true }),
    "Zones it is used for, with all below them; of several that fit, the closest.",
    "whatever it says it can change",
  ),
  zone: optional(zonePin, "Zone to write to, `name` or `name=id`; then none is looked up."),
  options: optional(
    dictionary(text({ longest: 100 }), optionValue),
    "The provider's options, by name (`certwright dns providers <id>` lists them).",
    "each from its environment variables",
  ),
});

/** The whole file. Everything known of a key stands in this table and nowhere else; all the rest derives from it. */
export const configTable = object("certwright.yaml", "The configuration file.", {
  version: filled(integer(1, 1), 1, "Version of this format."),
  state: filled(state, {}, "Where accounts and certificates are kept."),
  parallel: filled(integer(1, 256), usualParallel, "Certificates worked on at a time."),
  accounts: filled(dictionary(label, account), {}, "Who asks for certificates, by label."),
  cas: filled(dictionary(label, ca), {}, "CAs, by label. A public CA that needs nothing said need not stand here."),
  providers: filled(dictionary(label, provider), {}, "Accounts at DNS providers, by label."),
  targets: filled(dictionary(label, target), {}, "Where certificates go, by label."),
  fleets: filled(dictionary(label, fleet), {}, "Groups of HAProxy nodes that get the same certificates, by label."),
  hooks: filled(runHooks, {}, "Programs run for all certificates."),
  defaults: filled(defaults, {}, "What certificates do not say themselves."),
  certificates: filled(dictionary(certificateName, certificate), {}, "Certificates, by name."),
  notifications: filled(dictionary(label, notification), {}, "Who is told what, by label."),
  alarms: filled(alarms, {}, "When a certificate counts as expiring."),
  serve: filled(serve, {}, "The service."),
});

/** The file as it is read, every default filled in; times in seconds, paths absolute. */
export type ConfigFile = Infer<typeof configTable>;
export type CertificateConfig = ConfigFile["certificates"][string];
export type ProviderConfig = ConfigFile["providers"][string];
export type TargetConfig = ConfigFile["targets"][string];
export type FleetConfig = ConfigFile["fleets"][string];
export type NotificationConfig = ConfigFile["notifications"][string];
