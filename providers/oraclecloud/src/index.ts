import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import {
  defineProvider,
  ProviderError,
  path,
  quote,
  type Reply,
  sameName,
  type TxtRecord,
  unquote,
  type Zone,
} from "@certwright/provider";
import { signOracle } from "./sign.ts";

const endpoint = "https://dns.us-ashburn-1.oci.oraclecloud.com/20180115";

/** The API of a region, unless another endpoint was chosen. */
function baseUrlOf(region: string, chosen: string): string {
  if (chosen !== endpoint) return chosen;
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(region)) return `https://dns.${region}.oci.oraclecloud.com/20180115`;
  throw new ProviderError("PROVIDER_INVALID", `"${region}" is no region of Oracle Cloud`, {
    hint: "Regions look like eu-frankfurt-1 or us-ashburn-1.",
  });
}

function readKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    // The cause would show what was read.
    throw new ProviderError("PROVIDER_AUTH", "the private key of the API signing key cannot be read", {
      hint: "It must be a whole RSA key in PEM form, with its line breaks; an encrypted one needs its passphrase.",
    });
  }
}

/** As the console shows it: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/apisigningkey.htm */
function fingerprintOf(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return createHash("md5")
    .update(der)
    .digest("hex")
    .replace(/..(?!$)/g, "$&:");
}

export default defineProvider({
  id: "oraclecloud",
  name: "Oracle Cloud",
  aliases: ["oci"],
  website: "https://www.oracle.com/cloud/",
  docs: "https://docs.oracle.com/en-us/iaas/api/#/en/dns/20180115/",
  endpoint,
  hosts: ["*.oci.oraclecloud.com"],
  options: {
    region: {
      description: "Region whose API to use",
      env: ["OCI_REGION", "TF_VAR_region", "OCI_CLI_REGION"],
      example: "eu-frankfurt-1",
    },
    compartment: { description: "OCID of the compartment that holds the zones", env: ["OCI_COMPARTMENT_OCID"] },
    tenancy: {
      description: "OCID of the tenancy",
      env: ["OCI_TENANCY_OCID", "TF_VAR_tenancy_ocid", "OCI_CLI_TENANCY"],
    },
    user: { description: "OCID of the user", env: ["OCI_USER_OCID", "TF_VAR_user_ocid", "OCI_CLI_USER"] },
    privateKey: {
      description: "Private key of an API signing key of the user, in PEM form",
      env: ["OCI_PRIVKEY"],
      secret: true,
      optional: true,
    },
    privateKeyPath: {
      description: "Path of a file with the private key",
      env: ["OCI_PRIVATE_KEY_PATH", "TF_VAR_private_key_path", "OCI_CLI_KEY_FILE"],
      type: "path",
      optional: true,
    },
    passphrase: {
      description: "Passphrase of the private key",
      env: ["OCI_PRIVATE_KEY_PASSWORD", "OCI_PRIVKEY_PASS", "TF_VAR_private_key_password"],
      secret: true,
      optional: true,
    },
    fingerprint: {
      description: "Fingerprint of the key; left out, it is worked out",
      env: ["OCI_FINGERPRINT", "OCI_PUBKEY_FINGERPRINT", "TF_VAR_fingerprint"],
      optional: true,
    },
  },
  oneOf: [["privateKey"], ["privateKeyPath"]],
  traits: { granularity: "record", concurrency: "zone", minTtl: 30 },
  permissions: "A user whose group may `inspect dns-zones` and `use dns-records` in the compartment.",
  tested: { by: "contract", against: "https://docs.oracle.com/en-us/iaas/api/#/en/dns/20180115/", on: "2026-11-24" },
  async create(options, { http, now, readFile }) {
    const { region, compartment, tenancy, user, privateKeyPath, passphrase } = options;
    const key = readKey(options.privateKey ?? (await readFile(privateKeyPath ?? "")), passphrase);
    const keyId = `${tenancy}/${user}/${options.fingerprint ?? fingerprintOf(key)}`;
    const api = http({ baseUrl: baseUrlOf(region, options.endpoint), sign: signOracle({ keyId, key, now }) });
    const pages = (to: string, query: object, items: (reply: Reply) => readonly Reply[]) =>
      api.pages(to, {
        query: { ...query, limit: 100 },
        items,
        next({ headers }) {
          const page = headers.get("opc-next-page");
          return page === null ? undefined : { page };
        },
      });
    const recordsOf = (zone: Zone) => path`/zones/${zone.id}/records`;
    const change = (zone: Zone, items: readonly object[]) => api.patch(recordsOf(zone), { items });

    /** What is there already needs no change, and the API says so itself: no look first. */
    async function addAll(zone: Zone, records: readonly TxtRecord[]): Promise<void> {
      const added = records.map(({ fqdn, value, ttl }) => ({ domain: fqdn, rtype: "TXT", rdata: quote(value), ttl }));
      await change(
        zone,
        added.map((record) => ({ ...record, operation: "ADD" })),
      );
    }

    /** Data comes back in the API's own spelling, so records are removed by what it calls them. */
    async function removeAll(zone: Zone, records: readonly TxtRecord[]): Promise<void> {
      const names = new Set(records.map(({ fqdn }) => fqdn));
      const query = { rtype: "TXT", domain: names.size === 1 ? [...names][0] : undefined };
      const gone: object[] = [];
      for await (const found of pages(recordsOf(zone), query, (reply) => reply.list("items"))) {
        const [domain, rdata, recordHash] = [found.text("domain"), found.text("rdata"), found.text("recordHash")];
        const value = unquote(rdata);
        if (
          found.text("rtype") === "TXT" &&
          records.some((ours) => ours.value === value && sameName(ours.fqdn, domain))
        )
          gone.push({ domain, rtype: "TXT", rdata, recordHash, operation: "REMOVE" });
      }
      if (gone.length > 0) await change(zone, gone);
    }

    return {
      async *zones(candidates) {
        for (const name of candidates) {
          let isThere = false;
          const query = { compartmentId: compartment, name, scope: "GLOBAL" };
          for await (const zone of pages("/zones", query, (reply) => reply.list())) {
            isThere = true;
            yield { name: zone.text("name"), id: zone.id("id") };
          }
          if (isThere) return;
        }
      },
      addAll,
      removeAll,
      add: (record) => addAll(record.zone, [record]),
      remove: (record) => removeAll(record.zone, [record]),
    };
  },
});
