import route53 from "@certwright/dns-route53";
import { type DefinedProvider, openProvider, parseXml, reply, unquote } from "@certwright/provider";
import { conformance, escapeXml, foreignRecords, type LiveBackend, quoted } from "@certwright/provider-test";
import { type Moto, startMoto } from "@certwright/tools/servers";
import { describe, expect, onTestFinished, test } from "vitest";

/* Route 53 as moto plays it: somebody else's reading of the API, through the real SDK. */

const zone = "example.test";
const wholeName = (name: string) => (name === "@" ? `${zone}.` : `${name}.${zone}.`);
const namespace = "https://route53.amazonaws.com/doc/2013-04-01/";

/** One request to moto, past the provider; moto tells services apart by the credential's scope. */
async function ask({ endpoint, region }: Moto, method: string, path: string, body?: string) {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20261124/${region}/route53/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = { authorization, "content-type": "application/xml" };
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const response = await fetch(`${endpoint}/2013-04-01/${path}`, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`moto refused ${method} ${path}: ${text}`);
  return reply(parseXml(text), { xml: true });
}

/** A zone with exactly the foreign records; answers its id. */
async function createZone(moto: Moto): Promise<string> {
  const request = `<CreateHostedZoneRequest xmlns="${namespace}"><Name>${zone}.</Name><CallerReference>kit</CallerReference></CreateHostedZoneRequest>`;
  const created = await ask(moto, "POST", "hostedzone", request);
  const id = created.text("CreateHostedZoneResponse", "HostedZone", "Id").replace("/hostedzone/", "");
  const sets = Map.groupBy(foreignRecords, ({ name, type }) => `${wholeName(name)} ${type}`);
  const changes = [...sets].map(([key, records]) => {
    const [name, type] = key.split(" ");
    const values = records.map(({ value }) => escapeXml(type === "TXT" ? quoted(value) : value));
    const lines = values.map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`).join("");
    return `<Change><Action>CREATE</Action><ResourceRecordSet><Name>${name}</Name><Type>${type}</Type><TTL>60</TTL><ResourceRecords>${lines}</ResourceRecords></ResourceRecordSet></Change>`;
  });
  const batch = `<ChangeResourceRecordSetsRequest xmlns="${namespace}"><ChangeBatch><Changes>${changes.join("")}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`;
  await ask(moto, "POST", `hostedzone/${id}/rrset/`, batch);
  return id;
}

async function records(moto: Moto, id: string) {
  const answer = await ask(moto, "GET", `hostedzone/${id}/rrset`);
  const sets = answer.list("ListResourceRecordSetsResponse", "ResourceRecordSets", "ResourceRecordSet");
  return sets.flatMap((set) =>
    set.list("ResourceRecords", "ResourceRecord").map((record) => ({
      name: set.text("Name"),
      type: set.text("Type"),
      value: record.text("Value"),
    })),
  );
}

const optionsOf = ({ endpoint, region, accessKeyId, secretAccessKey }: Moto) => ({
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
});

describe("route53 on moto", () => {
  conformance(route53, {
    test,
    async live(): Promise<LiveBackend> {
      const moto = await startMoto();
      const id = await createZone(moto);
      return {
        zone,
        options: optionsOf(moto),
        async read(fqdn) {
          const found = await records(moto, id);
          return found
            .filter(({ name, type }) => type === "TXT" && name === `${fqdn}.`)
            .map(({ value }) => unquote(value));
        },
        async dump() {
          return (await records(moto, id)).map(({ name, type, value }) => `${name} ${type} ${value}`).sort();
        },
        close: () => moto.stop(),
      };
    },
  });
});

test("a change is in sync once Route 53 says so", async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  await createZone(moto);
  const asked: string[] = [];
  const handle = await openProvider(route53 as unknown as DefinedProvider, {
    instance: "route53",
    options: { ...optionsOf(moto), privateZone: false },
    host: {
      fetch,
      signal: new AbortController().signal,
      sleep: () => Promise.resolve(),
      now: Date.now,
      random: () => 0,
      readFile: () => Promise.reject(new Error("no file is needed")),
      onRequest: ({ method, url }) => asked.push(`${method} ${new URL(url).pathname}`),
    },
  });
  const found = await handle.findZone(`_acme-challenge.${zone}`, [zone]);
  if (found === undefined) throw new Error("moto does not show the zone");
  const name = { zone: found, name: "_acme-challenge", fqdn: `_acme-challenge.${zone}` };
  await handle.add([{ ...name, value: "in-sync", ttl: 60 }]);
  expect(await handle.inSync?.(found)).toBe(true);
  expect(asked.filter((line) => line.startsWith("GET /2013-04-01/change/"))).toHaveLength(1);
  expect(await handle.inSync?.(found)).toBe(true);
  expect(asked.filter((line) => line.startsWith("GET /2013-04-01/change/"))).toHaveLength(1);
});
