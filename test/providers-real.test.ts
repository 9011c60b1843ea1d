import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createResolver } from "@certwright/dns";
import exec from "@certwright/dns-exec";
import httpreq from "@certwright/dns-httpreq";
import pdns from "@certwright/dns-pdns";
import rfc2136 from "@certwright/dns-rfc2136";
import { conformance, foreignRecords, type LiveBackend, quoted } from "@certwright/provider-test";
import { startBind, startKnot, startPowerdns } from "@certwright/tools/servers";
import { describe, test } from "vitest";

/*
 * The conformance kit's live mode: what providers change is read back from the real thing, over DNS where it is a
 * name server.
 */

const zone = "example.test";
const wholeName = (name: string) => (name === "@" ? zone : `${name}.${zone}`);

/** Content as zone files and PowerDNS's API write it. */
const content = (type: string, value: string) => (type === "TXT" ? quoted(value) : value);

/** Reads back over DNS; of the foreign records those this resolver has types for. */
function overDns(host: string, port: number): Pick<LiveBackend, "read" | "dump"> {
  const { query } = createResolver({ servers: [{ host, port }] });
  const values = async (fqdn: string, type: "TXT" | "A" | "AAAA") => {
    const { answers } = await query(fqdn, type);
    return answers.flatMap((record) =>
      record.type === "TXT" ? record.value : "address" in record ? record.address : [],
    );
  };
  return {
    read: (fqdn) => values(fqdn, "TXT"),
    async dump() {
      const names = new Set(foreignRecords.map(({ name }) => wholeName(name)));
      const types = ["TXT", "A", "AAAA"] as const;
      const sets = [...names].flatMap((name) =>
        types.map(async (type) => [name, type, await values(name, type)] as const),
      );
      const lines = (await Promise.all(sets)).flatMap(([name, type, found]) =>
        found.map((value) => `${name} ${type} ${value}`),
      );
      return lines.sort();
    },
  };
}

describe.each([
  ["BIND", startBind],
  ["Knot", startKnot],
] as const)("rfc2136 on %s", (_, start) => {
  conformance(rfc2136, {
    test,
    async live() {
      const records = foreignRecords.map(({ name, type, value }) => `${name} 60 IN ${type} ${content(type, value)}`);
      const server = await start({ zones: [{ name: zone, records }] });
      const { name: keyName, secret: keySecret, algorithm: keyAlgorithm } = server.key;
      return {
        zone,
        options: { nameserver: server.address, keyName, keySecret, keyAlgorithm },
        ...overDns(server.host, server.port),
        close: () => server.stop(),
      };
    },
  });
});

describe("pdns on PowerDNS", () => {
  conformance(pdns, {
    test,
    async live() {
      const server = await startPowerdns({ zones: [zone] });
      const sets = Map.groupBy(foreignRecords, ({ name, type }) => `${wholeName(name)}. ${type}`);
      const rrsets = [...sets].map(([key, records]) => {
        const [name, type = ""] = key.split(" ");
        const contents = records.map(({ value }) => ({ content: content(type, value), disabled: false }));
        return { name, type, ttl: 60, changetype: "REPLACE", records: contents };
      });
      const filled = await fetch(`${server.apiUrl}/api/v1/servers/localhost/zones/${zone}.`, {
        method: "PATCH",
        headers: { "x-api-key": server.apiKey, "content-type": "application/json" },
        body: JSON.stringify({ rrsets }),
      });
      if (!filled.ok) throw new Error(`PowerDNS refused the fixture: ${await filled.text()}`);
      return {
        zone,
        options: { endpoint: server.apiUrl, apiKey: server.apiKey },
        ...overDns(server.dnsHost, server.dnsPort),
        close: () => server.stop(),
      };
    },
  });
});

/** A program that keeps `[fqdn, value]` pairs in a file, in both of exec's forms. */
const program = `#!${process.execPath}
import { readFileSync, writeFileSync } from "node:fs";
const file = new URL("records.json", import.meta.url);
const [action, fqdn, value] = process.argv.slice(2);
const changes = fqdn === undefined ? JSON.parse(readFileSync(0, "utf8")).records : [{ fqdn, value }];
const ours = ([name, text]) => changes.some((change) => change.fqdn === name && change.value === text);
const rest = JSON.parse(readFileSync(file, "utf8")).filter((record) => !ours(record));
const added = action === "present" ? changes.map((change) => [change.fqdn, change.value]) : [];
writeFileSync(file, JSON.stringify([...rest, ...added]));
`;

/** The foreign TXT values, as pairs of whole name and value. */
const foreignTxt = () =>
  foreignRecords.filter(({ type }) => type === "TXT").map(({ name, value }) => [`${wholeName(name)}.`, value] as const);

const valuesAt = (pairs: readonly (readonly [string, string])[], fqdn: string) =>
  pairs.filter(([name]) => name === `${fqdn}.`).map(([, value]) => value);

describe.each(["arguments", "JSON"])("exec with a real program: %s", (form) => {
  conformance(exec, {
    test,
    async live() {
      const dir = await mkdtemp(join(tmpdir(), "cw-exec-"));
      const [path, file] = [join(dir, "update.mjs"), join(dir, "records.json")];
      await writeFile(path, program, { mode: 0o700 });
      await writeFile(file, JSON.stringify(foreignTxt()));
      const pairs = async () => JSON.parse(await readFile(file, "utf8")) as [string, string][];
      return {
        zone,
        options: form === "JSON" ? { program: path, mode: "JSON" } : { program: path },
        read: async (fqdn) => valuesAt(await pairs(), fqdn),
        dump: async () => (await pairs()).map((pair) => pair.join(" ")).sort(),
        close: () => rm(dir, { recursive: true }),
      };
    },
  });
});

describe("httpreq with a real service", () => {
  conformance(httpreq, {
    test,
    async live() {
      let pairs = foreignTxt();
      const service = createServer(async (request, response) => {
        const basic = Buffer.from("certwright:a-real-password").toString("base64");
        if (request.headers.authorization !== `Basic ${basic}`) return void response.writeHead(401).end();
        const { fqdn, value } = JSON.parse((await request.toArray()).join(""));
        pairs = pairs.filter(([name, text]) => name !== fqdn || text !== value);
        if (request.url === "/acme/present") pairs.push([fqdn, value]);
        response.end("done");
      });
      await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
      const { port } = service.address() as AddressInfo;
      return {
        zone,
        options: {
          endpoint: `http://127.0.0.1:${port}/acme`,
          username: "certwright",
          password: "a-real-password",
        },
        read: async (fqdn) => valuesAt(pairs, fqdn),
        dump: async () => pairs.map((pair) => pair.join(" ")).sort(),
        async close() {
          service.closeAllConnections();
          await new Promise((resolve) => service.close(resolve));
        },
      };
    },
  });
});
