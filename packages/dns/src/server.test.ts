import { expect, it } from "vitest";
import { formatServer, parseServer, systemServers } from "./server.ts";

it.each([
  ["192.0.2.1", { host: "192.0.2.1", port: 53 }, "192.0.2.1:53"],
  ["192.0.2.1:5353", { host: "192.0.2.1", port: 5353 }, "192.0.2.1:5353"],
  ["2001:db8::1", { host: "2001:db8::1", port: 53 }, "[2001:db8::1]:53"],
  ["[2001:db8::1]", { host: "2001:db8::1", port: 53 }, "[2001:db8::1]:53"],
  ["[2001:db8::1]:54", { host: "2001:db8::1", port: 54 }, "[2001:db8::1]:54"],
  ["ns1.example.com", { host: "ns1.example.com", port: 53 }, "ns1.example.com:53"],
  ["https://dns.example/dns-query", { url: "https://dns.example/dns-query" }, "https://dns.example/dns-query"],
])("reads %s", (text, server, written) => {
  expect(parseServer(text)).toEqual(server);
  expect(formatServer(parseServer(text))).toBe(written);
});

it.each([
  "",
  "1.2.3.4:0",
  "1.2.3.4:65536",
  "[1.2.3.4]:53",
  "2001:db8::1:99999",
  "999.1.1.1",
  "192.0.2.300:53",
  "a b",
  "http://dns.example",
  "https://",
])("refuses %j", (text) => {
  expect(() => parseServer(text)).toThrow(expect.objectContaining({ code: "DNS_BAD_SERVER" }));
});

it("puts the name of a name server in front of its address", () => {
  expect(formatServer({ host: "192.0.2.1", port: 53, name: "ns1.example.com" })).toBe("ns1.example.com (192.0.2.1:53)");
});

it("knows the resolvers of this machine", () => {
  const servers = systemServers();
  expect(servers.length).toBeGreaterThan(0);
  for (const server of servers) expect(server).toMatchObject({ port: expect.any(Number) });
});
