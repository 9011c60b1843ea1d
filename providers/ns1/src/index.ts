import { defineProvider, path, type Reply, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "ns1",
  name: "NS1",
  aliases: ["nsone"],
  website: "https://ns1.com",
  docs: "https://developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api/",
  endpoint: "https://api.nsone.net/v1",
  options: { apiKey: { description: "API key", env: ["NS1_API_KEY", "NS1_Key"], secret: true } },
  // The API's record is the whole set, with settings for each answer that are to stay: so one change of a name at a time.
  traits: { granularity: "record", concurrency: "name", minTtl: 60 },
  permissions: "An API key with the rights to view and to manage zones, limited to the one zone.",
  tested: {
    by: "contract",
    against: "https://developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api/",
    on: "2026-11-24",
  },
  create({ apiKey }, { http }) {
    const api = http({ headers: { "x-nsone-key": apiKey } });
    const setOf = ({ zone, fqdn }: TxtRecord) => path`/zones/${zone.id}/${fqdn}/TXT`;
    const read = async (record: TxtRecord) =>
      (await api.get(setOf(record), { absent: { answers: [] } })).list("answers");
    const holds = (answer: Reply, { value }: TxtRecord) =>
      answer
        .list("answer")
        .map((part) => part.text())
        .join("") === value;

    return {
      async *zones() {
        const zones = api.pages("/zones", {
          items: (reply) => reply.list(),
          // The link itself names the vendor's host, whatever the endpoint is.
          next: ({ link }) =>
            link === undefined ? undefined : Object.fromEntries(new URL(link, "https://api.nsone.net").searchParams),
        });
        for await (const zone of zones) {
          const name = zone.text("zone");
          yield { name, id: zone.textOrNone("name") ?? name };
        }
      },
      async add(record) {
        const present = await read(record);
        if (present.some((answer) => holds(answer, record))) return;
        const { zone, fqdn, ttl, value } = record;
        const answers = [...present.map((answer) => answer.value), { answer: [value] }];
        if (present.length > 0) await api.post(setOf(record), { answers });
        else
          await api.put(setOf(record), { zone: zone.name, domain: fqdn, type: "TXT", ttl, answers }, { repeat: false });
      },
      async remove(record) {
        const present = await read(record);
        const kept = present.filter((answer) => !holds(answer, record));
        if (kept.length === present.length) return;
        if (kept.length === 0) await api.delete(setOf(record), { absent: null });
        else await api.post(setOf(record), { answers: kept.map((answer) => answer.value) });
      },
    };
  },
});
