import { expect, test } from "vitest";
import { signEdgeGrid } from "./edge-grid.ts";

const key = {
  clientToken: "akab-client-token-xxx-xxxxxxxxxxxxxxxx",
  clientSecret: `${"x".repeat(43)}=`,
  accessToken: "akab-access-token-xxx-xxxxxxxxxxxxxxxx",
};
const base = "https://akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net";
const time = Date.parse("2014-03-21T19:34:21Z");
const head = `EG1-HMAC-SHA256 client_token=${key.clientToken};access_token=${key.accessToken};timestamp=20140321T19:34:21+0000;nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;`;

// Akamai's own test data: https://github.com/akamai/AkamaiOPEN-edgegrid-python/tree/master/akamai/edgegrid/test
test.each([
  ["GET", "/", undefined, "tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU="],
  ["GET", "/testapi/v1/t1?p1=1&p2=2", undefined, "hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA="],
  ["POST", "/testapi/v1/t3", "datadatadatadatadatadatadatadata", "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4="],
  ["POST", "/testapi/v1/t6", "", "1gEDxeQGD5GovIkJJGcBaKnZ+VaPtrc4qBUHixjsPCQ="],
  ["PUT", "/testapi/v1/t6", "P".repeat(31), "GNBWEYSEWOLtu+7dD52da2C39aX/Jchpon3K/AmBqBU="],
])("%s %s with the body %s is signed as Akamai does", (method, path, body, signature) => {
  const request = { method, url: new URL(base + path), headers: { accept: "*/*" }, body };
  const { headers } = signEdgeGrid(request, key, time, "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
  expect(headers).toEqual({ accept: "*/*", authorization: `${head}signature=${signature}` });
});
