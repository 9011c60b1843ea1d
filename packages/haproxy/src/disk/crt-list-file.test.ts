import { expect, test } from "vitest";
import { addListLine, formatListLine, removeListLine } from "./crt-list-file.ts";

test("a line as HAProxy reads it", () => {
  expect(formatListLine({ certificate: "/a.pem" })).toBe("/a.pem");
  const full = {
    certificate: "/a.pem",
    options: " alpn h2,http/1.1 ssl-min-ver TLSv1.2 ",
    filters: ["*.a.test", "!b.a.test"],
  };
  expect(formatListLine(full)).toBe("/a.pem [alpn h2,http/1.1 ssl-min-ver TLSv1.2] *.a.test !b.a.test");
});

test.each([
  { certificate: "/a b.pem" },
  { certificate: "" },
  { certificate: "/a\n/b" },
  { certificate: "#a" },
  { certificate: "/a", filters: ["x y"] },
  { certificate: "/a", filters: [""] },
  { certificate: "/a", options: "alpn h2] evil [" },
  { certificate: "/a", options: "alpn\nh2" },
])("%j cannot be a line", (line) => {
  expect(() => formatListLine(line)).toThrow(expect.objectContaining({ code: "HAPROXY_UNSAFE_NAME" }));
});

test("a line is added once and removed alone", () => {
  const line = { certificate: "/a.pem", options: "alpn h2" };
  const before = "# comment\n/b.pem  [alpn h2]   b.test\n/a.pem";
  const after = addListLine(before, line);
  expect(after).toBe("# comment\n/b.pem  [alpn h2]   b.test\n/a.pem\n/a.pem [alpn h2]\n");
  expect(addListLine(after, line)).toBe(after);
  expect(addListLine("/a.pem   [alpn  h2]\n", line)).toBe("/a.pem   [alpn  h2]\n");
  expect(addListLine("", line)).toBe("/a.pem [alpn h2]\n");
  expect(removeListLine(`${after}/c.pem\n`, line)).toBe(`${before}\n/c.pem\n`);
  expect(removeListLine(before, line)).toBe(before);
});
