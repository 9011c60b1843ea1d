import { describe, expect, test } from "vitest";
import { parseDataplaneTarget } from "./address.ts";

describe("an address", () => {
  test.each([
    [
      "dataplane:https://lb1.example.test:5555",
      {
        node: {
          id: "dataplane:https://lb1.example.test:5555",
          url: "https://lb1.example.test:5555",
          port: 5555,
          tls: {},
        },
        mayReload: false,
      },
    ],
    [
      "dataplane:https://admin@[::1]:5555/behind/?ca=/ca.pem&cert=/c.pem&key=/k.pem&servername=lb1&password=env:DP",
      {
        node: {
          id: "dataplane:https://admin@[::1]:5555/behind",
          url: "https://[::1]:5555/behind",
          host: "::1",
          user: "admin",
          password: { env: "DP" },
          tls: { caFile: "/ca.pem", certFile: "/c.pem", key: { file: "/k.pem" }, serverName: "lb1" },
        },
      },
    ],
    [
      "dataplane:https://ops%40example@h?password=file:/run/secret",
      { node: { user: "ops@example", port: 443, password: { file: "/run/secret" } } },
    ],
    ["dataplane:http://a@127.0.0.1?password=config:edge", { node: { port: 80, password: { config: "edge" } } }],
    [
      "dataplane:https://h:1?certificate=/c.pem&add=/l.txt&options=alpn%20h2&filters=a,b&as=x.pem&fewer-names=yes&reload=yes&check=127.0.0.1:443",
      {
        request: {
          certificate: "/c.pem",
          add: { list: "/l.txt", options: "alpn h2", filters: ["a", "b"], as: "x.pem" },
          allowFewerNames: true,
        },
        check: [{ host: "127.0.0.1", port: 443 }],
        mayReload: true,
      },
    ],
  ])("%s", (text, target) => expect(parseDataplaneTarget(text)).toMatchObject(target));

  test.each([
    "dataplane:",
    "dataplane:tcp://h:1",
    "dataplane:https://",
    "dataplane:https://h:1/v3",
    "dataplane:https://h:1#x",
    "dataplane:https://h:1?file=/x",
    "dataplane:https://h:1?cert=/x",
    "dataplane:https://h:1?password=env:X",
    "dataplane:https://a@h:1?password=env:",
    "dataplane:https://a@h:1?password=file:relative",
    "dataplane:https://a%3Ab@h:1",
    "dataplane:https://a%0Ab@h:1",
    "dataplane:https://h:1?reload=maybe",
    "dataplane:http://127.0.0.1:1?ca=/ca.pem",
  ])("%s is none", (text) => {
    expect(() => parseDataplaneTarget(text)).toThrow(expect.objectContaining({ code: "HAPROXY_NODE_ADDRESS" }));
  });

  test("plain http is for this machine only", () => {
    const open = () => parseDataplaneTarget("dataplane:http://192.0.2.1:5555");
    expect(open).toThrow(expect.objectContaining({ code: "HAPROXY_PLAINTEXT_REFUSED" }));
  });

  test.each(["dataplane:https://admin:hunter2@h:5555", "dataplane:https://admin@h:5555?password=hunter2"])(
    "a password in it is refused and not shown",
    (text) => {
      const refused = (() => {
        try {
          return parseDataplaneTarget(text);
        } catch (error) {
          return error as Error;
        }
      })();
      expect(refused).toMatchObject({ code: "HAPROXY_NODE_ADDRESS" });
      expect(JSON.stringify([(refused as Error).message, (refused as Error).stack])).not.toContain("hunter2");
    },
  );
});
