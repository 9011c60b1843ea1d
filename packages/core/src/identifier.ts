import { isIP } from "node:net";
import { isPublicSuffix, normalizeName, stripWildcard } from "@certwright/dns";
import { CertwrightError } from "@certwright/provider";

/** What a certificate is for (RFC 8555 section 9.7.7; RFC 8738 for `ip`). A wildcard keeps its `*.`. */
export interface Identifier {
  readonly type: "dns" | "ip";
  readonly value: string;
}

/** Challenge types as the RFCs and drafts spell them. */
export type ChallengeType = "dns-01" | "http-01" | "tls-alpn-01" | "dns-account-01" | "dns-persist-01";
