import { list, read, repeated, text, toggle } from "../flags.ts";
import { readPropagation } from "../propagation.ts";

const group = "How names are proved";

/** The DNS provider and its settings, alike wherever records are written. */
export const providerFlags = {
  dns: list("--dns <provider>", "DNS provider that writes the records; repeat for several", {
    group,
    complete: "provider",
  }),
  dnsOption: repeated(
    "--dns-option <name=value>",
    "an option of the provider (see: certwright dns providers <id>); a secret as name=file:/path or name=env:VARIABLE; with several providers, provider:name=value",
    { group },
  ),
  endpoint: text(
    "--endpoint <url>",
    "address of the provider's API, in place of its own; nothing else is called then",
    {
      group,
    },
  ),
  zone: text("--zone <name[=id]>", "zone to write to; then neither alias nor zone is looked up", { group }),
};

/** How the DNS is asked. */
export const lookupFlags = {
  dnsResolvers: list("--dns-resolvers <host:port>", "resolvers for look-ups, or an https: URL for DoH", {
    group,
    shownDefault: "the system's",
  }),
  followAlias: toggle("--no-follow-alias", "do not follow a CNAME at the challenge name", { group }),
};

/** How long and whom to wait for. */
export const propagationFlags = {
  dnsNameservers: list(
    "--dns-nameservers <host:port>",
    "ask these whether a value is there, instead of the zone's own name servers",
    { group },
  ),
  propagation: read(
    "--propagation <seconds>",
    "longest wait for a value to be seen everywhere; fixed:60 waits without looking, off not at all",
    { group, shownDefault: "by provider" },
    readPropagation,
  ),
};
