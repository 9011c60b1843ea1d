import { expect, test } from "vitest";
import { listFolder } from "./s3-list.ts";
import type { S3Options } from "./s3-options.ts";

/** A bucket whose pages are these; a token is the number of the next. */
function bucketOf(...pages: readonly { readonly key: string; readonly next?: string }[]): S3Options {
  return {
    endpoint: "https://s3.example.test",
    region: "us-east-1",
    bucket: "state",
    credentials: async () => ({ accessKeyId: "a", secretAccessKey: "b" }),
    fetch: async (input) => {
      const token = new URL(String(input)).searchParams.get("continuation-token") ?? "0";
      const { key, next } = pages[Number(token)] ?? { key: "none" };
      const rest = next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`;
      const page = `<Contents><Key>${key}</Key></Contents><IsTruncated>${next !== undefined}</IsTruncated>${rest}`;
      return new Response(`<ListBucketResult>${page}</ListBucketResult>`);
    },
    now: () => 0,
    random: () => 0,
  };
}

test("a list is read to its end", async () => {
  expect(await listFolder(bucketOf({ key: "b", next: "1" }, { key: "a" }), "")).toEqual(["a", "b"]);
});

test("a service that gives the same page for ever is found out", async () => {
  const listing = listFolder(bucketOf({ key: "a", next: "1" }, { key: "b", next: "1" }), "");
  await expect(listing).rejects.toMatchObject({ code: "STORE_FAILED", message: expect.stringContaining("same page") });
});
