import { defineProvider, type HttpClient, ProviderError, type Reply, type TxtRecord } from "@certwright/provider";

/** Properties are `name=value|name=value|`. */
const property = (entity: Reply, name: string): string | undefined =>
  (entity.textOrNone("properties") ?? "")
    .split("|")
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const pageSize = 100;

/** Entities by name, `id` 0 where there is none. */
async function child(api: HttpClient, parentId: string, name: string, type: string): Promise<Reply | undefined> {
  const entity = await api.get("/getEntityByName", { query: { parentId, name, type } });
  return entity.value === null || entity.id("id") === "0" ? undefined : entity;
}

async function find(api: HttpClient, { zone, name, value }: TxtRecord): Promise<string | undefined> {
  const query = { parentId: zone.id, name: name === "@" ? "" : name, type: "TXTRecord" };
  for (let start = 0; ; start += pageSize) {
    const page = (await api.get("/getEntitiesByName", { query: { ...query, start, count: pageSize } })).list();
    const found = page.find((entity) => property(entity, "txt") === value);
    if (found !== undefined) return found.id("id");
    if (page.length < pageSize) return undefined;
  }
}

export default defineProvider({
  id: "bluecat",
  name: "BlueCat Address Manager",
  website: "https://bluecatnetworks.com",
  docs: "https://docs.bluecatnetworks.com/r/Address-Manager-Legacy-v1-API-Guide/POST/v1/addEntity/9.5.0",
  options: {
    endpoint: {
      description: "Address of the Address Manager",
      env: ["BLUECAT_SERVER_URL"],
      type: "url",
      example: "https://bam.example.com",
    },
    username: { description: "Name of an API user", env: ["BLUECAT_USER_NAME"] },
    password: { description: "Password of that user", env: ["BLUECAT_PASSWORD"], secret: true },
    configuration: { description: "Name of the configuration", env: ["BLUECAT_CONFIG_NAME"] },
    view: { description: "Name of the DNS view the world sees", env: ["BLUECAT_DNS_VIEW"] },
    skipDeploy: {
      description: "Whether changes wait for the next scheduled deployment",
      env: ["BLUECAT_SKIP_DEPLOY"],
      type: "boolean",
      default: false,
    },
  },
  traits: {
    granularity: "record",
    concurrency: "serial",
    minTtl: 1,
    limits: { specialCharacters: "Address Manager reads bars and backslashes in property values as its own signs." },
  },
  permissions: "An API user with full access to TXT records of the zone, view access above it, and quick deployment.",
  tested: {
    by: "contract",
    against: "https://docs.bluecatnetworks.com/r/Address-Manager-Legacy-v1-API-Guide/POST/v1/addEntity/9.5.0",
    on: "2026-11-24",
  },
  create({ endpoint, username, password, configuration, view, skipDeploy }, { http, signal }) {
    const baseUrl = `${endpoint.replace(/\/$/, "")}/Services/REST/v1`;
    /** One session per operation, ended with it: Address Manager counts open ones. */
    async function session<T>(work: (api: HttpClient) => Promise<T>): Promise<T> {
      const words = (await http({ baseUrl }).get("/login", { query: { username, password } })).text();
      const token = /BAMAuthToken: \S+/.exec(words)?.[0];
      if (token === undefined)
        throw new ProviderError("PROVIDER_AUTH", "BlueCat answered the log-in without a session", {
          hint: "Check BLUECAT_USER_NAME and BLUECAT_PASSWORD, and that the user has API access.",
        });
      const api = http({
        baseUrl,
        headers: { authorization: token },
        mask: [token, token.slice("BAMAuthToken: ".length)],
      });
      try {
        return await work(api);
      } finally {
        // A session that cannot be ended ends by itself; what the work did is worth more.
        if (!signal.aborted) await api.get("/logout", { read: "text" }).catch(() => undefined);
      }
    }
    async function deploy(api: HttpClient, entityId: string): Promise<void> {
      if (!skipDeploy) await api.post("/quickDeploy", undefined, { query: { entityId }, read: "text" });
    }
    return {
      zones: ([name = ""]) =>
        session(async (api) => {
          const top = await child(api, "0", configuration, "Configuration");
          const root = top && (await child(api, top.id("id"), view, "View"));
          if (root === undefined)
            throw new ProviderError("PROVIDER_ZONE_NOT_FOUND", `BlueCat has no view ${view} in ${configuration}`, {
              hint: "Check BLUECAT_CONFIG_NAME and BLUECAT_DNS_VIEW.",
            });
          let parent = root.id("id");
          let isDeployed = false;
          let path = "";
          for (const label of name.split(".").reverse()) {
            const zone = await child(api, parent, label, "Zone");
            if (zone === undefined) break;
            parent = zone.id("id");
            isDeployed ||= property(zone, "deployable") === "true";
            path = path === "" ? label : `${label}.${path}`;
          }
          return isDeployed ? [{ name: path, id: parent }] : [];
        }),
      add: (record) =>
        session(async (api) => {
          const { zone, name, fqdn, value, ttl } = record;
          if (/["\\|]/.test(value))
            throw new ProviderError(
              "PROVIDER_UNSUPPORTED",
              "BlueCat takes no quotes, backslashes and bars in TXT values",
            );
          let id = await find(api, record);
          if (id === undefined) {
            const properties = `ttl=${ttl}|absoluteName=${fqdn}|txt=${value}|`;
            const body = { name: name === "@" ? "" : name, type: "TXTRecord", properties };
            const query = { parentId: zone.id };
            id = (await api.post("/addEntity", body, { query, repeat: false })).id();
          }
          // Also for a record that was there: an earlier run may have failed before its deployment.
          await deploy(api, zone.id);
          return id;
        }),
      remove: (record) =>
        session(async (api) => {
          const id = await find(api, record);
          if (id !== undefined) await api.delete("/delete", { query: { objectId: id }, read: "text", absent: null });
          await deploy(api, record.zone.id);
        }),
    };
  },
});
