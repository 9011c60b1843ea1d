import { openProvider, type ProviderHost, readOptions, setUpProvider } from "@certwright/provider";
import { answer, conformance, demand } from "@certwright/provider-test";
import { expect, test } from "vitest";
import provider from "./index.ts";

/** Names the kit writes to: for each an account, whose own name is in the zone the kit expects. */
const domains = [
  ..."www pair exact other same1 same2 twice x.y.z.w spelling b page fault line safe".split(" "),
  ...Array.from({ length: 10 }, (_, number) => [`n${number}`, `b${number}`]).flat(),
].map((name) => [`${name}.example.com`, "example.com"]);
const others = ["a.example.com", "xn--bcher-kva.example", "zone-at-the-end.example"];
const inOthers = others.flatMap((zone) => ["www", "page", "spelling"].map((name) => [`${name}.${zone}`, zone]));
const passwordOf = (subdomain: string) => `password-of-${subdomain}`;

function accountsOf(passwords: (subdomain: string) => string): string {
  const made = [...domains, ...inOthers].map(([domain = "", zone], index) => {
    const subdomain = `id-${index}`;
    const account = { fulldomain: `${subdomain}.${zone}`, subdomain, username: `user-${subdomain}` };
    return [domain, { ...account, password: passwords(subdomain) }] as const;
  });
  // An account that is found by its own name.
  const mixed = { fulldomain: "mixed.example.com", subdomain: "mixed", username: "user-mixed" };
  return JSON.stringify({ ...Object.fromEntries(made), mixed: { ...mixed, password: passwords("mixed") } });
}

// https://github.com/joohoi/acme-dns#update-endpoint: two places at a name, an update takes the older one.
conformance(provider, {
  test,
  options: { accounts: accountsOf(passwordOf) },
  wrong: { accounts: accountsOf(() => "wrong") },
  api: (dns) => {
    const places = new Map<string, readonly string[]>();
    return {
      auth: ({ headers, json }) =>
        headers["x-api-user"] === `user-${json.subdomain}` && headers["x-api-key"] === passwordOf(json.subdomain),
      errors: ({ status, message }) => answer(status, { error: message }),
      routes: {
        "POST /update": ({ json: { subdomain, txt } }) => {
          demand(/^[\w-]{43}$/.test(txt), "bad_txt");
          const domain = [...domains, ...inOthers][Number(subdomain.slice(3))]?.[0];
          const fqdn = domain === undefined ? "mixed.example.com" : `_acme-challenge.${domain}`;
          const values = [...(places.get(fqdn) ?? []), txt].slice(-2);
          places.set(fqdn, values);
          // A record set holds a value once (RFC 2181 section 5).
          dns.zoneFor(fqdn).replace({ fqdn }, [...new Set(values)]);
          return { txt };
        },
      },
    };
  },
});

// The set-up, and what the state of the kit does not show: which of the two places a value is in.
const endpoint = "https://auth.example.net";
const values = ["a", "b"].map((letter) => letter.repeat(43)) as [string, string];

function fakeServer() {
  const names = new Map<string, { password: string; values: string[] }>();
  const state = { names, lose: 0, requests: 0, allowfrom: undefined as unknown };
  const json = (status: number, body: object) => Response.json(body, { status });
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    const { pathname, origin } = new URL(String(input));
    const headers = new Headers(init.headers);
    state.requests += 1;
    expect([init.method, origin, headers.get("content-type")]).toEqual(["POST", endpoint, "application/json"]);
    const body = JSON.parse(String(init.body));
    if (pathname === "/register") {
      const id = `id-${names.size + 1}`;
      const password = `${id}-`.padEnd(40, "p");
      names.set(id, { password, values: ["", ""] });
      state.allowfrom = body.allowfrom;
      const account = { username: `user-${id}`, password, subdomain: id, fulldomain: `${id}.auth.example.net` };
      return json(201, { ...account, allowfrom: body.allowfrom ?? [] });
    }
    expect(pathname).toBe("/update");
    const entry = names.get(body.subdomain);
    const isOurs =
      headers.get("x-api-user") === `user-${body.subdomain}` && headers.get("x-api-key") === entry?.password;
    if (!entry || !isOurs) return json(401, { error: "forbidden" });
    entry.values = [...entry.values, body.txt].slice(-2);
    state.lose -= 1;
    if (state.lose === 0) throw new TypeError("fetch failed");
    return json(200, { txt: body.txt });
  };
  const host: ProviderHost = {
    fetch,
    signal: new AbortController().signal,
    sleep: async () => {},
    now: () => 0,
    random: () => 0.5,
    readFile: async () => JSON.stringify({}),
  };
  return { state, host };
}

/** A registered name, the provider open, and the record of a value at that name. */
async function opened(given: Readonly<Record<string, unknown>> = {}) {
  const { state, host } = fakeServer();
  const before = await readOptions(provider, { values: { endpoint, ...given } });
  const how = { instance: "acmedns", options: before, host };
  const setup = await setUpProvider(provider, { ...how, domains: ["example.com", "*.example.com", "example.org"] });
  const options = await readOptions(provider, { values: { endpoint, ...setup.options } });
  const handle = await openProvider(provider, { ...how, options });
  const fqdn = setup.records[0]?.value ?? "";
  const zone = await handle.findZone(fqdn, [fqdn, "auth.example.net", "example.net", "net"]);
  if (zone === undefined) throw new Error("no zone");
  const record = (value: string, name = fqdn) => ({ zone, fqdn: name, name: name.split(".")[0] ?? "", value, ttl: 60 });
  return { state, setup, handle, zone, record, host, options };
}

const held = (state: ReturnType<typeof fakeServer>["state"]) => state.names.get("id-1")?.values;

test("the set-up registers each domain once and says which aliases to make", async () => {
  const { state, setup, zone, host, options } = await opened({ allowFrom: ["192.0.2.0/24"] });
  expect(setup.records).toEqual([
    { name: "_acme-challenge.example.com", type: "CNAME", value: "id-1.auth.example.net" },
    { name: "_acme-challenge.example.org", type: "CNAME", value: "id-2.auth.example.net" },
  ]);
  expect([state.names.size, state.allowfrom, zone.name]).toEqual([2, ["192.0.2.0/24"], "auth.example.net"]);
  const again = await setUpProvider(provider, { instance: "a", options, host, domains: ["example.org"] });
  expect([again.records, again.options, state.names.size]).toEqual([[setup.records[1]], setup.options, 2]);
});

test("a value that is there is not written again, which would push out the other; removal calls nothing", async () => {
  const { state, handle, record } = await opened();
  await handle.add([record(values[0]), record(values[1])]);
  const { requests } = state;
  await handle.add([record(values[1])]);
  await handle.remove([record(values[0])]);
  expect([state.requests, held(state)]).toEqual([requests, [values[0], values[1]]]);
});

test("a lost answer does not push the other value out", async () => {
  const { state, handle, record } = await opened();
  await handle.add([record(values[0])]);
  state.lose = 1;
  await handle.add([record(values[1])]);
  expect(held(state)).toEqual([values[0], values[1]]);
});

test("a missing account and a wrong password are named, and the password is never shown", async () => {
  const { handle, record, host, state } = await opened();
  const unknown = record(values[0], "id-9.auth.example.net");
  await expect(handle.add([unknown])).rejects.toMatchObject({ code: "PROVIDER_NOT_FOUND" });
  const given = { endpoint, username: "user-id-1", password: "wrong-password-5e7c19a4d2", subdomain: "id-1" };
  const options = await readOptions(provider, { values: given });
  const single = await openProvider(provider, { instance: "a", options, host });
  expect(single.listsZones).toBe(false);
  const error = await single.add([record(values[0])]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "PROVIDER_AUTH", status: 401 });
  expect(JSON.stringify(error) + String(error)).not.toContain("5e7c19a4d2");
  expect(held(state)).toEqual(["", ""]);
  const broken = await readOptions(provider, { values: { endpoint, accounts: "{hunter22" } });
  await expect(openProvider(provider, { instance: "a", options: broken, host })).rejects.toThrow("they are not JSON");
});
