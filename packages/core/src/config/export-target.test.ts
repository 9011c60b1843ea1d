import { expect, test } from "vitest";
import { read, shown } from "./testing/read.ts";

const file = (target: string) => `
targets: { t: ${target} }
providers: { cloudflare: { options: { apiToken: { env: T } } } }
certificates: { x.example.com: { deploy: [t] } }
`;

test.each([
  ["{ export: site.pem }", "export:/etc/certwright/site.pem"],
  [
    "{ export: /a b/site.pem, parts: [key, leaf, chain], owner: root:www-data, mode: 0640 }",
    "export:/a b/site.pem?parts=key,leaf,chain&owner=root:www-data&mode=0640",
  ],
  [
    "{ export: /a.p12, format: pkcs12, passwordFile: pass&word, mode: 0644 }",
    "export:/a.p12?format=pkcs12&mode=0644&password-file=/etc/certwright/pass%26word",
  ],
  ["{ export: /a.p12, format: pkcs12, password: { env: PASS } }", "export:/a.p12?format=pkcs12&password=env:PASS"],
  [
    "{ export: /a.p12, format: pkcs12, password: { file: pass } }",
    "export:/a.p12?format=pkcs12&password=file:/etc/certwright/pass",
  ],
  [
    "{ export: /a.p12, format: pkcs12, password: { command: [pass, tomcat] } }",
    "export:/a.p12?format=pkcs12&password=config:t",
  ],
])("%s", (target, id) => {
  expect(read(file(target)).certificates[0]?.deploy).toEqual([id]);
});

test("a file that several certificates would be written to is told, unless the path has their names", () => {
  const many = (path: string) => `
targets: { t: { export: "${path}" } }
providers: { cloudflare: { options: { apiToken: { env: T } } } }
defaults: { deploy: [t] }
certificates: { a.example.com: {}, b.example.com: {}, c.example.com: { deploy: [] } }
`;
  expect(shown(many("/a.pem"))).toEqual([
    "2:25 targets.t.export is where both a.example.com and b.example.com are written",
  ]);
  const [a, b, c] = read(many("/certs/{name}.pem")).certificates.map(({ deploy }) => deploy);
  expect([a, b, c]).toEqual([["export:/certs/{name}.pem"], ["export:/certs/{name}.pem"], []]);
});

test.each([
  ["{ export: /a.p12, format: pkcs12 }", "targets.t makes a PKCS#12 file without a password"],
  ["{ export: /a.pem, passwordFile: p }", "targets.t.passwordFile has no meaning with format pem"],
  ["{ export: /a.pem, password: { env: P } }", "targets.t.password has no meaning with format pem"],
  [
    "{ export: /a.p12, format: pkcs12, password: { env: P }, passwordFile: p }",
    "targets.t.passwordFile is a second password",
  ],
  ["{ export: /a, format: files, parts: [key] }", "targets.t.parts has no meaning with format files"],
  ["{ export: /a.pem, mode: 0644 }", "targets.t.mode lets every user read the private key"],
  ["{ export: /a.pem, mode: u=rw }", 'targets.t.mode cannot be "u=rw"'],
  ["{ export: /a.pem, owner: 'a:b:c' }", 'targets.t.owner cannot be "a:b:c"'],
  ["{ export: /a?b.pem }", "targets.t.export has a question mark"],
  ["{ export: /a.pem, parts: [leaf, root] }", 'targets.t.parts[1] cannot be "root"'],
])("%s is refused", (target, fault) => {
  expect(shown(file(target)).map((line) => line.replace(/^\S+ /, ""))).toEqual([fault]);
});
