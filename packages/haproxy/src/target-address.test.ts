import { expect, test } from "vitest";
import { parseTarget } from "./target-address.ts";

test.each([
  ["haproxy:/run/a.sock", { node: { kind: "unix", path: "/run/a.sock" }, request: {}, check: [] }],
  ["/run/a.sock", { node: { kind: "unix", path: "/run/a.sock" }, request: {}, check: [] }],
  ["haproxy:master:/run/m.sock", { node: { kind: "master", path: "/run/m.sock" } }],
  [
    "haproxy:/run/a.sock?certificate=/etc/x.pem&add=/l.txt&options=alpn%20h2&filters=a.test,!b.test&as=x.pem",
    {
      request: {
        certificate: "/etc/x.pem",
        add: { list: "/l.txt", options: "alpn h2", filters: ["a.test", "!b.test"], as: "x.pem" },
      },
    },
  ],
  ["haproxy:/run/a.sock?files=no&fewer-names=yes", { request: { disk: false, allowFewerNames: true } }],
  [
    "haproxy:/run/a.sock?map=/a:/b&map=/c:/d&check=127.0.0.1:443&check=[::1]:443",
    {
      request: {
        disk: {
          map: [
            { haproxy: "/a", local: "/b" },
            { haproxy: "/c", local: "/d" },
          ],
        },
      },
      check: [
        { host: "127.0.0.1", port: 443 },
        { host: "::1", port: 443 },
      ],
    },
  ],
  [
    "haproxy:tls://lb:9443?ca=/ca&cert=/c&key=/k&add=/certs",
    { node: { kind: "tcp", host: "lb", tls: { caFile: "/ca" } }, request: { add: { list: "/certs" } } },
  ],
  [
    "haproxy:agent://lb:9444?ca=/ca&cert=/c&key=/k&certificate=/a.pem&add=/certs&as=a.pem&check=lb:443",
    {
      node: { kind: "agent", host: "lb", tls: { caFile: "/ca" } },
      request: { certificate: "/a.pem", add: { list: "/certs", as: "a.pem" } },
      check: [{ host: "lb", port: 443 }],
    },
  ],
])("%s", (text, target) => expect(parseTarget(text)).toMatchObject(target));

test.each([
  "haproxy:",
  "haproxy:/run/a.sock?nonsense=1",
  "haproxy:/run/a.sock?certificate=",
  "haproxy:/run/a.sock?certificate=/a&certificate=/b",
  "haproxy:/run/a.sock?options=alpn",
  "haproxy:/run/a.sock?files=maybe",
  "haproxy:/run/a.sock?map=/a",
  "haproxy:/run/a.sock?check=localhost",
  "haproxy:/run/a.sock?check=localhost:99999",
  "haproxy:/run/a.sock?ca=/x",
])("%s is refused", (text) => {
  expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: "HAPROXY_NODE_ADDRESS" }));
});

test.each([
  "file=/x.pem",
  "files=no",
  "map=/a:/b",
  "fewer-names=yes",
  "add=/l&options=alpn%20h2",
  "add=/l&filters=a.test",
])("%s is for the agent to say", (parameter) => {
  expect(() => parseTarget(`haproxy:agent://lb:9444?ca=/ca&cert=/c&key=/k&${parameter}`)).toThrow(
    expect.objectContaining({ code: "HAPROXY_AGENT_DECIDES", hint: expect.any(String) }),
  );
});
