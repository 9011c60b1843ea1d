import { expect, test } from "vitest";
import { readEdgerc } from "./edgerc.ts";

const file = `; made by the Control Center
[default]
host = akab-one.luna.akamaiapis.net
client_token = akab-token-one
client_secret = one=
access_token = akab-access-one

[dns]
client_secret: two=
host: https://akab-two.luna.akamaiapis.net/
client_token: akab-token-two
access_token: akab-access-two
max_body: 131072
`;

test("one section of the file is read, whichever way it is written", () => {
  expect(readEdgerc(file, "dns")).toEqual({
    host: "akab-two.luna.akamaiapis.net",
    clientToken: "akab-token-two",
    clientSecret: "two=",
    accessToken: "akab-access-two",
  });
  expect(readEdgerc(file, "default").clientSecret).toBe("one=");
});

test("what is missing is named, and no value shown", () => {
  expect(() => readEdgerc(file, "other")).toThrow("the section other of the .edgerc file has no host");
  expect(() => readEdgerc("[default]\nhost = h.akamaiapis.net\nclient_token =\n", "default")).toThrow("client_token");
});
