import { StoreError } from "@certwright/core/store";
import { parseXml, reply } from "@certwright/provider";
import { callS3 } from "./s3-client.ts";
import { ownFolder, type S3Options, withPrefix } from "./s3-options.ts";

/** Names one level below a folder, without the store's own; folders end in a slash. */
export async function listFolder(options: S3Options, folder: string): Promise<string[]> {
  const base = withPrefix(options, folder);
  const prefix = base === "" ? "" : `${base}/`;
  const names: string[] = [];
  let token: string | undefined;
  do {
    const query = {
      "list-type": "2",
      delimiter: "/",
      prefix,
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    const answer = await callS3(options, { method: "GET", query });
    const result = reply(parseXml(Buffer.from(answer.body).toString("utf8")), { provider: "s3", xml: true }).at(
      "ListBucketResult",
    );
    names.push(...result.listOrNone("Contents").map((item) => item.text("Key")));
    names.push(...result.listOrNone("CommonPrefixes").map((item) => item.text("Prefix")));
    const next = result.flag("IsTruncated") ? result.text("NextContinuationToken") : undefined;
    if (next !== undefined && next === token) throw endless(options);
    token = next;
  } while (token !== undefined);
  return names
    .map((name) => name.slice(prefix.length))
    .filter((name) => name !== "" && name !== `${ownFolder}/`)
    .sort();
}

function endless({ endpoint }: S3Options): StoreError {
  return new StoreError("STORE_FAILED", `the S3 service at ${endpoint} lists the same page again and again`, {
    hint: "Is it an S3 service that knows ListObjectsV2?",
  });
}
