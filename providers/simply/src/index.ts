import { defineProvider, path, sameName, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "simply",
  name: "Simply.com",
  website: "https://www.simply.com",
  docs: "https://www.simply.com/en/docs/api/",
  endpoint: "https://api.simply.com/2",
  options: {
    accountName: {
      description: "Number of the account, as the control panel shows it",
      env: ["SIMPLY_ACCOUNT_NAME", "SIMPLY_AccountName"],
      example: "S123456",
    },
    apiKey: { description: "API key of the account", env: ["SIMPLY_API_KEY", "SIMPLY_ApiKey"], secret: true },
  },
  // The documentation names no smallest TTL; two minutes is what other clients are known to get.
  traits: { granularity: "record", concurrency: "zone", minTtl: 120, propagation: 300 },
  permissions: "The API key of the account, which cannot be limited.",
  tested: { by: "contract", against: "https://www.simply.com/en/docs/api/", on: "2026-11-24" },
  create({ accountName, apiKey }, { http }) {
    const api = http({ basic: { user: accountName, password: apiKey } });
    const records = (id: string) => path`/my/products/${id}/dns/records/`;
    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      const all = (await api.get(records(zone.id))).list("records");
      return all
        .filter((record) => record.text("type") === "TXT" && sameName(record.text("name"), name))
        .find((record) => record.text("data") === value)
        ?.id("record_id");
    }
    return {
      async zones() {
        const products = (await api.get("/my/products/")).list("products");
        // A product that is no domain (mail, storage) has no DNS either.
        return products.flatMap((product) => {
          const name = product.maybe("domain", "name")?.text();
          return name === undefined ? [] : [{ name, id: product.id("object") }];
        });
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        const known = await find(record);
        if (known !== undefined) return known;
        const made = await api.post(records(zone.id), { type: "TXT", name, data: value, ttl }, { repeat: false });
        return made.id("record", "id");
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(`${records(record.zone.id)}${path`${id}/`}`, { absent: null });
      },
    };
  },
});
