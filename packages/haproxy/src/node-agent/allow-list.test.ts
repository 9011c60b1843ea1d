import { describe, expect, test } from "vitest";
import type { CertificateDetails } from "../runtime/listings.ts";
import { type AllowList, refuseChange, refuseList, refuseNames } from "./allow-list.ts";

const allow = (part: Partial<AllowList>): AllowList => ({
  names: [],
  certificates: [],
  lists: [],
  issuers: [],
  ...part,
});
const names = allow({ names: ["example.com", "*.example.com", "2001:DB8::1"] });
const refusal = (code: string) => expect.objectContaining({ code, hint: expect.any(String) });

describe("names", () => {
  test.each([["example.com"], ["www.example.com", "example.com"], ["*.example.com"], ["2001:db8::1"]])(
    "%s",
    (...given) => refuseNames(given, names),
  );

  test.each([
    [],
    ["example.org"],
    ["example.com", "example.org"],
    ["a.b.example.com"],
    ["*.www.example.com"],
    ["*.com"],
    ["wwwexample.com"],
    ["192.0.2.1"],
  ])("%s is refused", (...given) => {
    expect(() => refuseNames(given, names)).toThrow(refusal("HAPROXY_AGENT_NAMES"));
  });

  test("a star allows every name, but not none", () => {
    refuseNames(["a.b.c.test", "192.0.2.1"], allow({ names: ["*"] }));
    expect(() => refuseNames([], allow({ names: ["*"] }))).toThrow(refusal("HAPROXY_AGENT_NAMES"));
  });
});

describe("places", () => {
  const present = (...served: readonly string[]) => ({ names: served }) as unknown as CertificateDetails;

  test("by default every certificate whose names are all allowed", () => {
    refuseChange("/any/where.pem", present("example.com", "www.example.com"), names);
    for (const other of [present("example.com", "example.org"), present()]) {
      expect(() => refuseChange("/any/where.pem", other, names)).toThrow(refusal("HAPROXY_AGENT_PLACE"));
    }
  });

  test.each([
    ["/certs/a.pem", true],
    ["/certs/a.pem.ecdsa", true],
    ["@store/alias", true],
    ["/folder/x", true],
    ["/certs/a.pem.key", false],
    ["/certs/b.pem", false],
    ["/folder/", false],
    ["/folder/x/y", false],
    ["/folder/../etc/shadow", false],
    ["/folderx", false],
  ])("named: %s %s", (name, isAllowed) => {
    const named = allow({ names: ["*"], certificates: ["/certs/a.pem", "/folder/*", "@store/*"] });
    const change = () => refuseChange(name, present("example.com"), named);
    if (isAllowed) change();
    else expect(change).toThrow(refusal("HAPROXY_AGENT_PLACE"));
  });

  test.each([
    ["/folder/new.pem", true],
    ["/folder/new.pem.rsa", true],
    ["/certs/a.pem", true],
    // HAProxy reads these with site.pem.
    ["/folder/site.pem.key", false],
    ["/folder/site.pem.ocsp", false],
    ["/folder/..", false],
    ["/folder/site.pem [verify none] x.pem", false],
  ])("new, where it is named: %s %s", (name, isAllowed) => {
    const named = allow({ names: ["*"], certificates: ["/certs/a.pem", "/folder/*"] });
    const change = () => refuseChange(name, undefined, named);
    if (isAllowed) change();
    else expect(change).toThrow(refusal("HAPROXY_AGENT_PLACE"));
  });

  test.each([
    ["/etc/haproxy/certs/new.pem", true],
    ["/etc/haproxy/new.crt", true],
    ["/etc/haproxy/certs/new.pem.key", false],
    ["/etc/haproxy/certs/.new.pem", false],
    ["/etc/haproxy/certs/../x.pem", false],
    ["/etc/haproxy/certs/sub/x.pem", false],
    ["/etc/cron.d/x.pem", false],
    ["x.pem", false],
    ["/etc/haproxy/certs//new.pem", false],
    ["/etc/haproxy/certs/new.pem [verify none] x.pem", false],
    ["/etc/haproxy/certs/new.pem !other.example x.pem", false],
    ["/etc/haproxy/certs/new.pem<<x.pem", false],
    ["/etc/haproxy/certs/new.pem;show info;x.pem", false],
    ["/etc/haproxy/certs/new\\.pem", false],
  ])("new, beside a list: %s %s", (name, isAllowed) => {
    const lists = allow({ names: ["*"], lists: ["/etc/haproxy/certs/", "/etc/haproxy/list.txt", "@site"] });
    const change = () => refuseChange(name, undefined, lists);
    if (isAllowed) change();
    else expect(change).toThrow(refusal("HAPROXY_AGENT_PLACE"));
  });

  test("lists", () => {
    const lists = allow({ lists: ["/certs/", "@site"] });
    for (const list of [undefined, "/certs", "/certs/", "@site"]) refuseList(list, lists);
    for (const list of ["/certs/x", "@other", "/"]) {
      expect(() => refuseList(list, lists)).toThrow(refusal("HAPROXY_AGENT_PLACE"));
    }
  });
});
