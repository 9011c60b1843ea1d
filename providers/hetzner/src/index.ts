import { defineProvider, ProviderError, path, quote, type Reply, type TxtRecord, unquote } from "@certwright/provider";

/** Seconds an action may take; the API's own take one or two. */
const patience = 60;

export default defineProvider({
  id: "hetzner",
  name: "Hetzner",
  aliases: ["hetznercloud"],
  website: "https://www.hetzner.com",
  docs: "https://docs.hetzner.cloud/reference/cloud#tag/zone-rrset-actions",
  endpoint: "https://api.hetzner.cloud/v1",
  endpointEnv: ["HETZNER_API"],
  options: {
    token: {
      description: "API token of the project that has the zone",
      env: ["HETZNER_API_TOKEN", "HETZNER_TOKEN"],
      secret: true,
    },
  },
  // Changes are actions that run on after the answer, one at a time for a zone.
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions: "An API token with read and write access to the project; zones may have a project of their own.",
  tested: {
    by: "contract",
    against: "https://docs.hetzner.cloud/reference/cloud#tag/zone-rrset-actions",
    on: "2026-11-24",
  },
  create({ token }, { http, sleep }) {
    const api = http({ bearer: token });
    const setOf = ({ zone, name }: TxtRecord) => path`/zones/${zone.id}/rrsets/${name}/TXT`;

    /** The values at the name as the API writes them, or undefined where there is no set. */
    async function read(record: TxtRecord): Promise<readonly string[] | undefined> {
      const answer = await api.get(setOf(record), { absent: { rrset: null } });
      return answer
        .maybe("rrset")
        ?.list("records")
        .map((item) => item.text("value"));
    }

    async function finish(started: Reply): Promise<void> {
      let action = started.at("action");
      for (let seconds = 0; action.text("status") === "running"; seconds++) {
        if (seconds >= patience)
          throw new ProviderError("PROVIDER_TIMEOUT", `Hetzner has not finished a change within ${patience} s`, {
            hint: "Try again later, and see Hetzner's status page.",
            uncertain: true,
          });
        await sleep(1000);
        action = (await api.get(path`/actions/${action.id("id")}`)).at("action");
      }
      if (action.text("status") !== "success")
        throw new ProviderError("PROVIDER_FAILED", `Hetzner failed: ${action.at("error").text("message")}`, {
          hint: "Look at the zone in Hetzner's console, then run again.",
        });
    }

    return {
      async *zones() {
        const list = api.pages("/zones", {
          query: { per_page: 50 },
          items: (reply) => reply.list("zones"),
          next: ({ reply }) => {
            const page = reply.at("meta", "pagination").maybe("next_page")?.number();
            return page === undefined ? undefined : { page };
          },
        });
        for await (const zone of list) yield { name: zone.text("name"), id: zone.id("id") };
      },
      async add(record) {
        const present = await read(record);
        if (present?.some((value) => unquote(value) === record.value)) return;
        // The time to live is the whole set's; one that is there keeps its own.
        const ttl = present === undefined ? { ttl: record.ttl } : {};
        const records = [{ value: quote(record.value) }];
        await finish(await api.post(`${setOf(record)}/actions/add_records`, { records, ...ttl }, { repeat: false }));
      },
      async remove(record) {
        const written = (await read(record))?.find((value) => unquote(value) === record.value);
        if (written === undefined) return;
        const records = [{ value: written }];
        await finish(await api.post(`${setOf(record)}/actions/remove_records`, { records }, { repeat: false }));
      },
    };
  },
});
