import { expect, test } from "vitest";
import { parseAcmeVars } from "./acme-vars.ts";

test.each([
  ["zone=dns.test,ttl=60", { zone: "dns.test", ttl: "60" }],
  ['token="s3cr;et"', { token: "s3cr;et" }],
  ['a="x,y",b=z\\,w, c-d = "q\\"r" ', { a: "x,y", b: "z,w", "c-d": 'q"r' }],
  ["a=,b=1=2", { a: "", b: "1=2" }],
  ["", {}],
])("%s", (text, expected) => {
  expect(Object.fromEntries(parseAcmeVars(text) ?? [["wrong", "wrong"]])).toEqual(expected);
});

test.each(["a", "=b", "a=1,,b=2", 'a="open', "a=1;b=2,c", "a=1,"])("%s is refused", (text) => {
  expect(parseAcmeVars(text)).toBeUndefined();
});
