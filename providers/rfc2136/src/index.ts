import { exchange, isWithin, type PlainServer, parseServer, sendUpdate, type TsigKey } from "@certwright/dns";
import {
  defineProvider,
  isCertwrightError,
  ProviderError,
  type ProviderErrorCode,
  type TxtRecord,
  type Zone,
} from "@certwright/provider";

/** What the errors of DNS updates mean to the host. */
const codes: Readonly<Record<string, ProviderErrorCode>> = {
  DNS_BAD_ANSWER: "PROVIDER_BAD_ANSWER",
  DNS_BAD_SERVER: "PROVIDER_INVALID",
  DNS_TIMEOUT: "PROVIDER_TIMEOUT",
  DNS_TSIG_BADKEY: "PROVIDER_AUTH",
  DNS_TSIG_BADSIG: "PROVIDER_AUTH",
  DNS_TSIG_BADTIME: "PROVIDER_AUTH",
  DNS_TSIG_KEY_INVALID: "PROVIDER_AUTH",
  DNS_TSIG_UNVERIFIED: "PROVIDER_BAD_ANSWER",
  DNS_UNREACHABLE: "PROVIDER_UNAVAILABLE",
  DNS_UPDATE_NOTAUTH: "PROVIDER_FORBIDDEN",
  DNS_UPDATE_NOTZONE: "PROVIDER_ZONE_NOT_FOUND",
  DNS_UPDATE_REFUSED: "PROVIDER_FORBIDDEN",
};

/** Failures that leave open whether the update was carried out. */
const leavesOpen = new Set(["DNS_BAD_ANSWER", "DNS_TIMEOUT", "DNS_TSIG_UNVERIFIED"]);

/** Octets of changes in one update; a message holds 65 535 (RFC 1035 section 4.2.2). */
const most = 60_000;

export default defineProvider({
  id: "rfc2136",
  name: "DNS update (RFC 2136)",
  aliases: ["dnsupdate", "nsupdate"],
  website: "https://www.rfc-editor.org/rfc/rfc2136.html",
  docs: "https://www.rfc-editor.org/rfc/rfc2136.html",
  options: {
    nameserver: {
      description: "Primary server of the zone, as address or address:port",
      env: ["RFC2136_NAMESERVER", "DNSUPDATE_NAMESERVER", "NSUPDATE_SERVER"],
      example: "192.0.2.53:53",
    },
    port: {
      description: "Port, where the server's address has none",
      env: ["NSUPDATE_SERVER_PORT"],
      type: "integer",
      default: 53,
    },
    keyName: {
      description: "Name of the TSIG key",
      env: ["RFC2136_TSIG_KEY", "DNSUPDATE_TSIG_KEY"],
      optional: true,
    },
    keySecret: {
      description: "Secret of the TSIG key, in base64",
      env: ["RFC2136_TSIG_SECRET", "DNSUPDATE_TSIG_SECRET"],
      secret: true,
      optional: true,
    },
    keyAlgorithm: {
      description: "Algorithm of the TSIG key",
      env: ["RFC2136_TSIG_ALGORITHM", "DNSUPDATE_TSIG_ALGORITHM"],
      default: "hmac-sha256",
      example: "hmac-sha512",
    },
    keyFile: {
      description: "File with the key statement that tsig-keygen writes, instead of name and secret",
      env: ["RFC2136_TSIG_FILE", "DNSUPDATE_TSIG_FILE", "NSUPDATE_KEY"],
      type: "path",
      optional: true,
    },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 1, propagation: 60 },
  permissions:
    "A TSIG key that may change TXT records of the zone; BIND's update-policy can limit it to _acme-challenge names.",
  tested: { by: "server", against: "BIND 9.20 and Knot DNS", on: "2026-11-24" },
  async create({ nameserver, port, keyName, keySecret, keyAlgorithm, keyFile }, { now, signal, readFile }) {
    const server = told(() => parseServer(nameserver, port));
    if ("url" in server)
      throw new ProviderError("PROVIDER_INVALID", "updates are not sent over HTTPS", {
        hint: "Name the server by its address.",
      });
    const named =
      keyName === undefined ? undefined : { name: keyName, secret: keySecret ?? "", algorithm: keyAlgorithm };
    const key = keyFile === undefined ? named : readKey(await readFile(keyFile), keyFile);

    async function send(kind: "add" | "remove", zone: Zone, records: readonly TxtRecord[]) {
      for (const part of inParts(records)) {
        const changes = part.map(({ fqdn, ttl, value }) => ({ name: fqdn, type: "TXT" as const, ttl, value }));
        const update = { zone: zone.name, [kind]: changes };
        await sendUpdate(update, server as PlainServer, key, { signal, now }).catch(explain);
      }
    }

    return {
      /** The server itself says which of its zones holds a name, so no other resolver need know them. */
      async *zones(candidates) {
        for (const name of candidates) {
          const asked = exchange({ name, type: "SOA" }, server, { signal, transport: "tcp" });
          const { authoritative, answers, authorities } = await asked.catch(explain);
          const soa = [...answers, ...authorities].find(({ type }) => type === "SOA");
          if (!authoritative || soa === undefined || !isWithin(name, soa.name)) continue;
          yield soa.name;
          return;
        }
      },
      add: (record) => send("add", record.zone, [record]),
      remove: (record) => send("remove", record.zone, [record]),
      addAll: (zone, records) => send("add", zone, records),
      removeAll: (zone, records) => send("remove", zone, records),
    };
  },
});

/** The error of a DNS exchange as the host tells it apart. */
function explain(error: unknown): never {
  if (!isCertwrightError(error)) throw error;
  const { code, message, hint, retryable } = error;
  throw new ProviderError(codes[code] ?? "PROVIDER_FAILED", message, {
    ...(hint === undefined ? {} : { hint }),
    retryable,
    uncertain: leavesOpen.has(code),
    cause: error,
  });
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return explain(error);
  }
}

/** Reads the first `key` statement of a file, as BIND and Knot's tools write it. */
function readKey(text: string, file: string): TsigKey {
  const [, name, body = ""] = /^\s*key\s+"?([\w.-]+)"?\s*\{([^}]*)\}/m.exec(text) ?? [];
  const algorithm = /\balgorithm\s+"?([\w-]+)"?\s*;/.exec(body)?.[1];
  const secret = /\bsecret\s+"?([\w+/=]+)"?\s*;/.exec(body)?.[1];
  if (name !== undefined && secret !== undefined) return { name, algorithm, secret };
  throw new ProviderError("PROVIDER_INVALID", `${file} holds no TSIG key`, {
    hint: "Write it with tsig-keygen: a key statement with algorithm and secret.",
  });
}

/** The records in as few updates as hold them. */
function inParts(records: readonly TxtRecord[]): TxtRecord[][] {
  const parts: TxtRecord[][] = [];
  let left = 0;
  for (const record of records) {
    const size = record.fqdn.length + 2 * Buffer.byteLength(record.value) + 20;
    if (size > left) {
      parts.push([]);
      left = most;
    }
    parts.at(-1)?.push(record);
    left -= size;
  }
  return parts;
}
