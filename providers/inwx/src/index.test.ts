import { createHmac } from "node:crypto";
import type { OptionsSchema } from "@certwright/provider";
import {
  type ApiRequest,
  answer,
  conformance,
  demand,
  type FakeApi,
  type FakeDns,
  open,
  quoted,
  Refusal,
  unquoted,
} from "@certwright/provider-test";
import { describe, expect, test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, readonly [number, string]>> = {
  401: [2200, "Authentication error"],
  403: [2201, "Authorization error"],
  404: [2303, "Object does not exist"],
  409: [2302, "Object exists"],
  422: [2005, "Parameter value syntax error"],
};
const done = (resData?: unknown) => ({
  code: 1000,
  msg: "Command completed successfully",
  ...(resData === undefined ? {} : { resData }),
});
/** The code at a moment of the secret `12345678901234567890`; that the provider's own is right, its unit test shows. */
function code(now: number): string {
  const counter = Buffer.alloc(8);
  counter.writeUInt32BE(Math.floor(now / 30_000), 4);
  const digest = createHmac("sha1", "12345678901234567890").update(counter).digest();
  return String((digest.readUInt32BE((digest[19] ?? 0) % 16) % 2 ** 31) % 10 ** 6).padStart(6, "0");
}

/** Sessions by cookie, true once unlocked; with `tfa` a code works once. */
const api =
  (tfa: boolean) =>
  <O extends OptionsSchema>(dns: FakeDns): FakeApi<O> => {
    const sessions = new Map<string, boolean>();
    const used = new Set<string>();
    const cookieOf = ({ headers }: ApiRequest) => headers.cookie ?? "";
    return {
      auth: (request) => sessions.get(cookieOf(request)),
      errors({ status, message }) {
        const [own, msg] = codes[status] ?? [0, message];
        return own === 0 ? answer(status) : { code: own, msg };
      },
      routes: {
        "POST /?method=account.login": open(({ json: { params } }) => {
          demand(params.user === "somebody" && params.pass === "planted-password-5e7c19a4d2", "wrong", 401);
          const cookie = `domrobot=session${sessions.size}`;
          sessions.set(cookie, !tfa);
          return answer(200, done({ customerId: 1, tfa: tfa ? "GOOGLE-AUTH" : "0" }), {
            "set-cookie": `${cookie}; path=/`,
          });
        }),
        ...(tfa && {
          "POST /?method=account.unlock": open((request: ApiRequest) => {
            const { tan } = request.json.params;
            if (!sessions.has(cookieOf(request)) || tan !== code(dns.now()) || used.has(tan))
              throw new Refusal(401, "tan");
            used.add(tan);
            sessions.set(cookieOf(request), true);
            return done();
          }),
        }),
        "POST /?method=nameserver.list": ({ json: { params } }) => {
          const { items, total } = dns.paged(dns.zones, { page: params.page, size: params.pagelimit, max: 200 });
          return done({
            count: total,
            domains: items.map(({ id, name }) => ({ roId: Number(id), domain: name, type: "MASTER" })),
          });
        },
        "POST /?method=nameserver.info": ({ json: { params } }) => {
          const zone = dns.zone(params.domain);
          const found = zone.list({ type: params.type, fqdn: params.name });
          const record = found.map(({ id, fqdn, type, value, ttl }) => {
            return { id: Number(id), name: fqdn, type, content: quoted(value), ttl, prio: 0 };
          });
          return done({
            roId: Number(zone.id),
            domain: zone.name,
            count: found.length,
            ...(found.length > 0 && { record }),
          });
        },
        "POST /?method=nameserver.createRecord": ({ json: { params } }) => {
          const { domain, type, name, content, ttl } = params;
          demand(ttl >= 300, "ttl");
          const made = dns
            .zone(domain)
            .add({ type, fqdn: name, value: unquoted(content), ttl }, { duplicates: "refuse" });
          return done({ id: Number(made.id) });
        },
        "POST /?method=nameserver.deleteRecord": ({ json: { params } }) => {
          dns.zoneOf(params.id).remove(params.id);
          return done();
        },
      },
    };
  };

// https://www.inwx.de/en/help/apidoc
describe("with a password", () => conformance(provider, { test, options: { username: "somebody" }, api: api(false) }));

describe("with a second factor", () => {
  const sharedSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  conformance(provider, { test, options: { username: "somebody", sharedSecret }, api: api(true) });
});

test("the test system is another host, but an endpoint of one's own wins", () => {
  const seen: unknown[] = [];
  const http = (options: { baseUrl?: string } = {}) => seen.push(options.baseUrl);
  const options = { username: "somebody", password: "secret", sandbox: true };
  for (const endpoint of [provider.endpoint ?? "", "http://127.0.0.1:1"])
    provider.create({ ...options, endpoint }, { http, now: () => 0 } as never);
  expect(new Set(seen)).toEqual(new Set(["https://api.ote.domrobot.com/jsonrpc", "http://127.0.0.1:1"]));
});
