import { defineProvider, ProviderError, path, sameName, type TxtRecord } from "@certwright/provider";

/** Object filters are the API's way to search: https://sldn.softlayer.com/article/object-filters/ */
const txtOnly = JSON.stringify({ resourceRecords: { type: { operation: "txt" } } });
const pageSize = 100;

export default defineProvider({
  id: "ibmcloud",
  name: "IBM Cloud (SoftLayer)",
  aliases: ["softlayer"],
  website: "https://www.ibm.com/cloud",
  docs: "https://sldn.softlayer.com/reference/services/SoftLayer_Dns_Domain/",
  endpoint: "https://api.softlayer.com/rest/v3.1",
  options: {
    username: { description: "User name of the classic infrastructure account", env: ["SOFTLAYER_USERNAME"] },
    apiKey: { description: "Classic infrastructure API key", env: ["SOFTLAYER_API_KEY"], secret: true },
  },
  traits: {
    granularity: "record",
    concurrency: "name",
    minTtl: 60,
    limits: { specialCharacters: "The API does not document how quotes and backslashes are written in TXT data." },
  },
  permissions: "A classic infrastructure API key of a user with the permission Manage DNS.",
  tested: {
    by: "contract",
    against: "https://sldn.softlayer.com/reference/services/SoftLayer_Dns_Domain/",
    on: "2026-11-24",
  },
  create({ username, apiKey }, { http }) {
    const api = http({ basic: { user: username, password: apiKey } });

    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      const records = api.pages(path`/SoftLayer_Dns_Domain/${zone.id}/getResourceRecords.json`, {
        query: { objectFilter: txtOnly, resultLimit: `0,${pageSize}` },
        items: (reply) => reply.list(),
        next: ({ page, count }) => (count < pageSize ? undefined : { resultLimit: `${page * pageSize},${pageSize}` }),
      });
      for await (const record of records)
        if (sameName(record.text("host"), name) && record.text("data") === value) return record.id("id");
      return undefined;
    }

    return {
      async *zones(candidates) {
        for (const name of candidates) {
          const found = (await api.get(path`/SoftLayer_Dns_Domain/getByDomainName/${name}.json`)).list();
          for (const zone of found) yield { name: zone.text("name"), id: zone.id("id") };
          if (found.length > 0) return;
        }
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        if (/["\\]/.test(value))
          throw new ProviderError(
            "PROVIDER_UNSUPPORTED",
            "IBM Cloud's TXT data with quotes or backslashes is not safe",
          );
        const known = await find(record);
        if (known !== undefined) return known;
        const to = path`/SoftLayer_Dns_Domain/${zone.id}/createTxtRecord.json`;
        return (await api.post(to, { parameters: [name, value, ttl] }, { repeat: false })).id("id");
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(path`/SoftLayer_Dns_Domain_ResourceRecord/${id}.json`, { absent: null });
      },
    };
  },
});
