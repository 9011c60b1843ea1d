import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sendUpdate } from "@certwright/dns";
import { expect, test } from "vitest";
import { resultOf, startCommand } from "./cli-process.ts";

/** acme-dns as its documentation has it, over the zone of a real name server: it registers accounts, and takes their values. */
async function startAcmeDns(set: (fulldomain: string, value: string) => Promise<unknown>) {
  const accounts: { readonly fulldomain: string; readonly username: string; readonly password: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse((await request.toArray()).join("") || "{}");
    if (request.method === "POST" && request.url === "/register") {
      const subdomain = `account-${accounts.length}`;
      const account = {
        username: `user-${accounts.length}`,
        password: `secret-password-${accounts.length}`,
        fulldomain: `${subdomain}.example.test`,
        subdomain,
        allowfrom: [],
      };
      accounts.push(account);
      return response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(account));
    }
    const own = accounts.find(({ username }) => username === request.headers["x-api-user"]);
    if (request.url !== "/update" || own === undefined || own.password !== request.headers["x-api-key"])
      return response.writeHead(401).end('{"error":"forbidden"}');
    await set(own.fulldomain, body.txt);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ txt: body.txt }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accounts,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

test("acme-dns: domains are registered, accounts kept for this user alone, aliases told; then a certificate is issued", async () => {
  const records = ["_acme-challenge.www IN CNAME account-0"];
  await using certwright = await startCommand({}, [{ name: "example.test", records }]);
  const { dns, dir } = certwright;
  const set = (name: string, value: string) =>
    sendUpdate({ zone: "example.test", add: [{ name, type: "TXT", ttl: 1, value }] }, dns, dns.key);
  await using api = await startAcmeDns(set);
  const out = join(dir, "acmedns.json");
  const provider = ["--dns", "acmedns", "--endpoint", api.url];
  const setup = (...args: string[]) => certwright.run(["dns", "setup", ...args, ...provider]);

  expect(await setup("www.example.test")).toMatchObject({ code: 2, stderr: expect.stringContaining("--out") });
  const nowhere = await setup("www.example.test", "--out", join(dir, "none/acmedns.json"));
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining("EXPORT_DIRECTORY_MISSING") });
  expect(api.accounts).toEqual([]);
  const first = await setup("*.Www.example.test", "www.example.test", "--out", out);
  expect(first, first.stderr).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain("_acme-challenge.www.example.test. CNAME account-0.example.test.");
  expect(first.stdout).not.toContain("secret-password");
  expect((await stat(out)).mode & 0o777).toBe(0o600);

  // What is in the file is never lost: another set-up is told to read it, too.
  const blind = await setup("other.example.test", "--out", out);
  expect(blind).toMatchObject({ code: 2, stderr: expect.stringContaining("--dns-option accounts=file:") });
  const more = await setup("other.example.test", "--dns-option", `accounts=file:${out}`, "--out", out, "--json");
  expect(resultOf(more)).toMatchObject({
    ok: true,
    records: [{ name: "_acme-challenge.other.example.test", type: "CNAME", value: "account-1.example.test" }],
    options: { accounts: out },
  });
  expect(api.accounts).toHaveLength(2);
  expect(Object.keys(JSON.parse(await readFile(out, "utf8")))).toEqual(["www.example.test", "other.example.test"]);

  const issued = await certwright.run([
    ...["issue", "-d", "www.example.test", ...provider, "--dns-option", `accounts=file:${out}`, "--json"],
  ]);
  expect(resultOf(issued), issued.stderr).toMatchObject({ certificates: [{ outcome: "issued" }] });
});

test("a provider that needs no set-up says so, and no file is made", async () => {
  await using certwright = await startCommand();
  const out = join(certwright.dir, "none");
  const none = await certwright.run(["dns", "setup", "example.test", "--dns", "rfc2136", "--out", out]);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/PROVIDER_UNSUPPORTED.*needs no set-up/) });
  await expect(stat(out)).rejects.toMatchObject({ code: "ENOENT" });
});
