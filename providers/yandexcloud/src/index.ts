import {
  cachedToken,
  defineProvider,
  ProviderError,
  path,
  quote,
  type Reply,
  reply,
  signJwt,
  type TxtRecordSet,
  unquote,
  type Zone,
} from "@certwright/provider";

const tokenUrl = "https://iam.api.cloud.yandex.net/iam/v1/tokens";
const operations = "https://operation.api.cloud.yandex.net/operations";

/** The parts of an authorized key's file: https://yandex.cloud/en/docs/iam/operations/authentication/manage-authorized-keys */
function readKey(text: string) {
  const json = text.trim().startsWith("{") ? text : Buffer.from(text, "base64").toString("utf8");
  try {
    const file = reply(JSON.parse(json));
    // A line of warning stands above the key.
    const key = file.text("private_key").replace(/^[\s\S]*?(?=-----BEGIN)/, "");
    return { id: file.text("id"), account: file.text("service_account_id"), key };
  } catch {
    // The cause would show what was read.
    throw new ProviderError("PROVIDER_AUTH", "the authorized key of the service account cannot be read", {
      hint: "It must be the whole JSON of `yc iam key create --output`, as it is or in base64.",
    });
  }
}

const recordSet = ({ fqdn, ttl }: TxtRecordSet, values: readonly string[]) => ({
  name: `${fqdn}.`,
  type: "TXT",
  ttl: String(ttl),
  data: values.map(quote),
});

export default defineProvider({
  id: "yandexcloud",
  name: "Yandex Cloud",
  aliases: ["yc"],
  website: "https://yandex.cloud",
  docs: "https://yandex.cloud/en/docs/dns/api-ref/DnsZone/",
  endpoint: "https://dns.api.cloud.yandex.net/dns/v1",
  hosts: ["iam.api.cloud.yandex.net", "operation.api.cloud.yandex.net"],
  options: {
    key: {
      description: "Authorized key of a service account: its JSON, as it is or in base64",
      env: ["YANDEX_CLOUD_IAM_TOKEN"],
      secret: true,
    },
    folderId: { description: "Id of the folder that holds the zones", env: ["YANDEX_CLOUD_FOLDER_ID", "YC_Folder_ID"] },
  },
  traits: { granularity: "recordSet", concurrency: "zone", minTtl: 60 },
  permissions: "A service account with the role dns.editor for the folder.",
  tested: {
    by: "contract",
    against: "https://yandex.cloud/en/docs/dns/api-ref/DnsZone/upsertRecordSets",
    on: "2026-11-24",
  },
  create(options, { http, now, sleep }) {
    const { id: kid, account, key } = readKey(options.key);
    const login = http({ mask: [key] });
    const bearer = cachedToken(async () => {
      const iat = Math.floor(now() / 1000);
      const claims = { iss: account, aud: tokenUrl, iat, exp: iat + 3600 };
      const jwt = signJwt({ algorithm: "PS256", key, claims, header: { kid } });
      // Good for twelve hours at most, and to be renewed every hour.
      return { token: (await login.post(tokenUrl, { jwt })).text("iamToken"), expiresIn: 3600 };
    }, now);
    const api = http({ bearer });

    async function current({ zone, fqdn }: TxtRecordSet): Promise<Reply | undefined> {
      const query = { name: `${fqdn}.`, type: "TXT" };
      const found = await api.get(path`/zones/${zone.id}:getRecordSet`, { query, absent: null });
      if (found.value !== null) return found;
      // An absent set and an absent zone are both 404.
      await api.get(path`/zones/${zone.id}`);
      return undefined;
    }

    async function setAll(
      zone: Zone,
      sets: readonly { readonly set: TxtRecordSet; readonly values: readonly string[] }[],
    ): Promise<void> {
      const deletions: unknown[] = [];
      // What is deleted is named exactly as it is.
      for (const { set, values } of sets)
        if (values.length === 0) deletions.push(...[(await current(set))?.value ?? []].flat());
      const replacements = sets.filter(({ values }) => values.length > 0);
      if (deletions.length + replacements.length === 0) return;
      const body = { deletions, replacements: replacements.map(({ set, values }) => recordSet(set, values)) };
      await finished(await api.post(path`/zones/${zone.id}:upsertRecordSets`, body));
    }

    /** Waits for the end of a change, at most a minute: a set read before that might be the old one. */
    async function finished(started: Reply): Promise<void> {
      const at = `${operations}/${encodeURIComponent(started.id("id"))}`;
      let operation = started;
      for (let tries = 1; operation.maybe("done")?.flag() !== true; tries++) {
        if (tries > 60)
          throw new ProviderError("PROVIDER_TIMEOUT", "Yandex Cloud did not finish the change in a minute", {
            uncertain: true,
          });
        await sleep(1000);
        operation = await api.get(at);
      }
      const message = operation.maybe("error")?.textOrNone("message");
      if (operation.maybe("error") !== undefined)
        throw new ProviderError(
          "PROVIDER_INVALID",
          `Yandex Cloud could not change the zone: ${message ?? "no reason given"}`,
        );
    }

    return {
      async *zones() {
        const zones = api.pages("/zones", {
          query: { folderId: options.folderId, pageSize: 1000 },
          items: (page) => page.listOrNone("dnsZones"),
          next: ({ reply: page }) => {
            const pageToken = page.textOrNone("nextPageToken") ?? "";
            return pageToken === "" ? undefined : { pageToken };
          },
        });
        for await (const zone of zones)
          if (zone.maybe("publicVisibility") !== undefined) yield { name: zone.text("zone"), id: zone.id("id") };
      },
      async get(set) {
        return ((await current(set))?.list("data") ?? []).map((value) => unquote(value.text()));
      },
      set: (set, values) => setAll(set.zone, [{ set, values }]),
      setAll,
    };
  },
});
