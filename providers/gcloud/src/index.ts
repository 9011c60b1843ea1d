import {
  defineProvider,
  jwtBearer,
  ProviderError,
  quote,
  reply,
  signJwt,
  type TxtRecordSet,
  unquote,
  type Zone,
} from "@certwright/provider";
import type { GetZonesRequest, Record as RecordSet } from "@google-cloud/dns";

const tokenUrl = "https://oauth2.googleapis.com/token";
const scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";

/** The parts of a service account's key: https://cloud.google.com/iam/docs/keys-create-delete */
function readKey(json: string) {
  try {
    const file = reply(JSON.parse(json));
    const [email, key, id] = [file.text("client_email"), file.text("private_key"), file.textOrNone("private_key_id")];
    return { email, key, header: id === undefined ? {} : { kid: id }, project: file.textOrNone("project_id") };
  } catch {
    // The cause would show what was read.
    throw new ProviderError("PROVIDER_AUTH", "the key of the service account cannot be read", {
      hint: "It must be the whole JSON file that Google Cloud lets you download once.",
    });
  }
}

/** What the SDK finds in its surroundings. */
async function ambient(look: () => Promise<string | null | undefined>): Promise<string> {
  const found = await look().catch((cause: unknown) => {
    throw notAmbient(cause);
  });
  if (found) return found;
  throw notAmbient(undefined);
}

const notAmbient = (cause: unknown) =>
  new ProviderError("PROVIDER_AUTH", "no key is given, and there are no application default credentials", {
    hint: "Set serviceAccountFile (GCE_SERVICE_ACCOUNT_FILE), and project (GCE_PROJECT) where it is another one's.",
    cause,
  });

export default defineProvider({
  id: "gcloud",
  name: "Google Cloud",
  website: "https://cloud.google.com/dns",
  docs: "https://cloud.google.com/dns/docs/reference/rest/v1",
  endpoint: "https://dns.googleapis.com/dns/v1",
  hosts: ["oauth2.googleapis.com"],
  options: {
    serviceAccount: {
      description: "Key of a service account, its JSON; without one, the application default credentials",
      env: ["GCE_SERVICE_ACCOUNT"],
      secret: true,
      optional: true,
    },
    serviceAccountFile: {
      description: "Path of the file with that key",
      env: ["GCE_SERVICE_ACCOUNT_FILE"],
      type: "path",
      optional: true,
    },
    project: {
      description: "Id of the project that holds the zones; left out, the service account's",
      env: ["GCE_PROJECT"],
      optional: true,
    },
    zoneId: { description: "Name of the only managed zone to use", env: ["GCE_ZONE_ID"], optional: true },
    privateZone: {
      description: "Whether to use private zones too",
      env: ["GCE_ALLOW_PRIVATE_ZONE"],
      type: "boolean",
      default: false,
    },
  },
  traits: { granularity: "recordSet", minTtl: 60, propagation: 180 },
  permissions:
    "A service account with dns.managedZones.list, dns.resourceRecordSets.list, create and delete, dns.changes.create and get; the role DNS Administrator has them.",
  tested: { by: "contract", against: "@google-cloud/dns 5.3.2 and the API's documentation", on: "2026-11-24" },
  async create(options, { http, now, readFile }) {
    const { DNS } = await import("@google-cloud/dns");
    const file = options.serviceAccountFile;
    const json = options.serviceAccount ?? (file === undefined ? undefined : await readFile(file));
    const account = json === undefined ? undefined : readKey(json);
    const dns = new DNS();
    const projectOf = async () =>
      options.project ?? account?.project ?? (await ambient(() => dns.authClient.getProjectId()));

    const login = http({ mask: account === undefined ? [] : [account.key] });
    const assertion = ({ email: iss, key, header }: NonNullable<typeof account>) => {
      const iat = Math.floor(now() / 1000);
      return signJwt({ algorithm: "RS256", key, header, claims: { iss, scope, aud: tokenUrl, iat, exp: iat + 3600 } });
    };
    const bearer =
      account === undefined
        ? () => ambient(() => dns.authClient.getAccessToken())
        : jwtBearer(login, { path: tokenUrl, now, assertion: () => assertion(account) });
    const api = http({ bearer });

    // The SDK's own transport takes no fetch and repeats by its own rules; everything it asks passes here.
    dns.request = ({ method = "GET", uri, qs, json: body }, callback) => {
      const ask = async () => {
        const isRead = method === "GET";
        const to = `/projects/${encodeURIComponent(await projectOf())}/${uri.replace(/^\/+|\/+$/g, "")}`;
        const call = { query: qs ?? {}, repeat: isRead, ...(isRead ? {} : { body }) };
        const { reply: answer } = await api.request(method, to, call);
        // The SDK takes for granted that it is an object.
        answer.entries();
        return answer.value;
      };
      ask().then(
        (value) => callback(null, value),
        (error) => callback(error),
      );
    };

    /** Changes by zone that were not done yet when last looked at. */
    const pending = new Map<string, Set<string>>();

    async function find({ zone, fqdn }: TxtRecordSet): Promise<readonly RecordSet[]> {
      const [sets] = await dns.zone(zone.id).getRecords({ name: `${fqdn}.`, type: "TXT" });
      return sets;
    }

    /** A change names the sets it replaces exactly, so it fails with a conflict if they are no longer like that. */
    async function setAll(
      { id }: Zone,
      sets: readonly { readonly set: TxtRecordSet; readonly values: readonly string[] }[],
    ): Promise<void> {
      const zone = dns.zone(id);
      const old: RecordSet[] = [];
      for (const { set } of sets) old.push(...(await find(set)));
      const made = sets
        .filter(({ values }) => values.length > 0)
        .map(({ set: { fqdn, ttl }, values }) =>
          zone.record("txt", { name: `${fqdn}.`, ttl, data: values.map(quote) }),
        );
      if (old.length + made.length === 0) return;
      const [change] = await zone.createChange({ add: made, delete: old });
      if (change.id !== undefined) pending.set(id, (pending.get(id) ?? new Set()).add(change.id));
    }

    return {
      async *zones(candidates) {
        if (options.zoneId !== undefined) {
          const [{ dnsName }] = await dns.zone(options.zoneId).getMetadata();
          return void (yield { name: String(dnsName), id: options.zoneId });
        }
        for (const name of candidates) {
          const query: GetZonesRequest & { dnsName: string } = { dnsName: `${name}.` };
          const [zones] = await dns.getZones(query);
          const usable = zones.filter(({ metadata }) => options.privateZone || metadata.visibility !== "private");
          for (const { name: id, metadata } of usable) yield { name: String(metadata.dnsName), id };
          if (usable.length > 0) return;
        }
      },
      async get(set) {
        return (await find(set))
          .flatMap(({ metadata }) => [metadata.rrdatas ?? []].flat())
          .map((value) => unquote(String(value)));
      },
      set: (set, values) => setAll(set.zone, [{ set, values }]),
      setAll,
      async inSync({ id: zone }) {
        const open = pending.get(zone) ?? new Set();
        for (const id of open) {
          const [{ status }] = await dns.zone(zone).change(id).getMetadata();
          if (status === "done") open.delete(id);
        }
        return open.size === 0;
      },
    };
  },
});
