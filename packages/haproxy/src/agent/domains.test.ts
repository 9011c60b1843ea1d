import { expect, test } from "vitest";
import { readAcmeConfig, readCrtList } from "./domains.ts";
import { loadAcmeConfig } from "./load-config.ts";

const text = `
global
    crt-base /etc/ssl
    log "\${UNSET}" local0
acme LE
    directory https://ca.test/dir
    provider-name "exec"
    acme-vars "a=1"
    acme-vars "b=\\"2\\""
crt-store st
    crt-base /srv/crt
    key-base /srv/key
    load crt w.pem key w.key alias w acme LE domains "w.test,*.W.test"
    load crt plain.pem
crt-store
    load crt x.pem acme LE domains x.test
frontend https
    bind :443 ssl crt-list /etc/list.txt crt-list /etc/other.txt
    ssl-f-use crt rel.pem acme LE domains "a.test, b.test" # and more \\
    ssl-f-use crt /abs.pem acme LE domains c.test
    ssl-f-use crt @st/w
`;

test("certificates by every way they are written, and nothing else", () => {
  const { certificates, lists, sections, certificateBase } = readAcmeConfig([{ file: "h.cfg", text }], {});
  expect(certificates).toEqual([
    {
      ...{ name: "@st/w", section: "LE", domains: ["w.test", "*.w.test"] },
      ...{ certificateBase: "/srv/crt", keyBase: "/srv/key" },
    },
    { name: "@/x.pem", section: "LE", domains: ["x.test"], certificateBase: "/etc/ssl" },
    { name: "/etc/ssl/rel.pem", section: "LE", domains: ["a.test", "b.test"], certificateBase: "/etc/ssl" },
    { name: "/abs.pem", section: "LE", domains: ["c.test"], certificateBase: "/etc/ssl" },
  ]);
  expect(lists).toEqual(["/etc/list.txt", "/etc/other.txt"]);
  expect(sections.get("LE")).toEqual({ provider: "exec", vars: 'b="2"' });
  expect(certificateBase).toBe("/etc/ssl");
});

test("a crt-list, with options, filters, comments and certificates of other kinds", () => {
  const list =
    "# c\n\nl.pem [acme LE domains l.test,*.l.test ssl-min-ver TLSv1.2] l.test\n/p.pem\n/q.pem [alpn h2] q.test\n";
  expect(readCrtList(list, "/b")).toEqual([
    { name: "/b/l.pem", section: "LE", domains: ["l.test", "*.l.test"], certificateBase: "/b" },
  ]);
});

test("what is no domain is refused", () => {
  const bad = { file: "h.cfg", text: 'frontend f\n ssl-f-use crt a acme LE domains "a b"\n' };
  expect(() => readAcmeConfig([bad], {})).toThrow(expect.objectContaining({ code: "HAPROXY_ACME_CONFIG" }));
});

test("all files together: sections, lists under their mapped paths, and one certificate named twice", async () => {
  const files: Record<string, string> = {
    "/local/one.cfg": text,
    "/local/two.cfg": "frontend g\n ssl-f-use crt /abs.pem acme LE domains d.test\n",
    "/here/list.txt": "/l.pem [acme LE domains l.test]\n",
    "/here/other.txt": "",
  };
  const read = async (path: string) => {
    const found = files[path];
    if (found === undefined) throw new Error("ENOENT");
    return found;
  };
  const source = { files: ["/local/one.cfg", "/local/two.cfg"], env: {}, readFile: read };
  const found = await loadAcmeConfig({ ...source, map: [{ haproxy: "/etc", local: "/here" }] });
  expect(found.get("/l.pem")).toMatchObject({ domains: ["l.test"], provider: "exec", vars: 'b="2"' });
  expect(found.get("/abs.pem")?.domains).toEqual(["c.test", "d.test"]);
  await expect(loadAcmeConfig(source)).rejects.toMatchObject({ code: "HAPROXY_ACME_CONFIG" });
});
