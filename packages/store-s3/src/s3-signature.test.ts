import { expect, test } from "vitest";
import { signForS3 } from "./s3-signature.ts";

// The examples of "Signature Calculations for the Authorization Header" in the reference of Amazon S3, with their sample key.
const signer = {
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  region: "us-east-1",
  now: () => Date.parse("2013-05-24T00:00:00Z"),
};
const sign = (method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: string) =>
  signForS3(
    { method, url: new URL(path, "https://examplebucket.s3.amazonaws.com"), headers, body: undefined },
    body === undefined ? undefined : Buffer.from(body),
    signer,
  );
const authorization = (signedHeaders: string, signature: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`;

test("GET Object", () => {
  expect(sign("GET", "/test.txt", { range: "bytes=0-9" }).headers.authorization).toBe(
    authorization(
      "host;range;x-amz-content-sha256;x-amz-date",
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
  );
});

test("PUT Object", () => {
  const headers = { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" };
  const signed = sign("PUT", "/test$file.text", headers, "Welcome to Amazon S3.");
  expect(signed.headers["x-amz-content-sha256"]).toBe(
    "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
  );
  expect(signed.headers.authorization).toBe(
    authorization(
      "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
  );
});

test("GET Bucket Lifecycle, and GET Bucket (List Objects)", () => {
  const signed = "host;x-amz-content-sha256;x-amz-date";
  expect(sign("GET", "/?lifecycle").headers.authorization).toBe(
    authorization(signed, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
  );
  expect(sign("GET", "/?max-keys=2&prefix=J").headers.authorization).toBe(
    authorization(signed, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  );
});

test("a session token and a condition are signed", () => {
  const { headers } = signForS3(
    { method: "PUT", url: new URL("https://a.test/b/c"), headers: { "if-none-match": "*" }, body: undefined },
    Buffer.from("c"),
    { ...signer, credentials: { ...signer.credentials, sessionToken: "token" } },
  );
  expect(headers["x-amz-security-token"]).toBe("token");
  expect(headers.authorization).toContain(
    "SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-security-token,",
  );
});
