/** Every code this package puts on an error, with its meaning. `docs/reference/errors.md` is generated from it. */
export const dnsErrorCodes = {
  DNS_BAD_NAME: "The text is not a name the DNS can hold; the message says which rule it breaks.",
  DNS_BAD_SERVER: "The text does not name a DNS server as `address`, `address:port`, `[v6]:port` or `https://` URL.",
  DNS_TIMEOUT: "A DNS server did not answer in time.",
  DNS_UNREACHABLE: "A DNS server could not be reached: connection refused, or no route to it from this machine.",
  DNS_BAD_ANSWER: "A DNS server answered with something that is no valid answer to the question.",
  DNS_TRUNCATED_TCP_FAILED: "The answer did not fit into UDP, and asking the same server over TCP failed.",
  DNS_LOOKUP_FAILED: "None of the resolvers gave a usable answer; the message names each one and its reason.",
  DNS_ZONE_NOT_FOUND: "No zone that holds the name could be found.",
  DNS_ZONE_PUBLIC_SUFFIX: "The only zone found above the name is a public suffix, which belongs to a registry.",
  DNS_NO_NAMESERVERS: "No authoritative name server of the zone has an address.",
  DNS_ALIAS_LOOP: "Following the CNAMEs of a name leads back to a name already seen.",
  DNS_ALIAS_TOO_LONG: "A chain of CNAMEs is longer than what certificate authorities follow.",
  DNS_PROPAGATION_TIMEOUT: "A TXT value did not become visible in time; the message says what each server answered.",
  DNS_UPDATE_REFUSED: "The server refused the dynamic update: its policy does not allow this key to change this name.",
  DNS_UPDATE_NOTAUTH:
    "The server is not the primary of the zone the update was sent for, or (Knot) does not accept the TSIG key.",
  DNS_UPDATE_NOTZONE: "A name in the update lies outside the zone it was sent for.",
  DNS_UPDATE_FAILED: "The server did not carry out the dynamic update; the message holds its response code.",
  DNS_TSIG_KEY_INVALID: "A TSIG key cannot be used: unknown algorithm, or a secret that is not base64.",
  DNS_TSIG_BADKEY: "The server does not know the TSIG key, or knows it with another algorithm.",
  DNS_TSIG_BADSIG: "The server has another secret for this TSIG key.",
  DNS_TSIG_BADTIME: "The clocks of this machine and of the DNS server are too far apart for TSIG.",
  DNS_TSIG_UNVERIFIED: "The answer to a signed update was not signed, or its signature is wrong.",
} as const;

/** A code of {@link dnsErrorCodes}. */
export type DnsErrorCode = keyof typeof dnsErrorCodes;
