import { StoreError } from "./store-error.ts";

/** Where state is kept. */
export type StateLocation =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "s3"; readonly bucket: string; readonly prefix: string };

const scheme = /^([a-z][a-z0-9+.-]*):/i;
const s3Form = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?:\/(.*?))?\/?$/;
/** What every S3-compatible service and every tool for one takes without escaping. */
const segmentForm = /^(?!\.{1,2}$)[A-Za-z0-9_.=-]{1,128}$/;
const longestPrefix = 512;

/**
 * Reads a place for state as people write it: a directory, or `s3://bucket/prefix`.
 *
 * @throws StoreError `STORE_BAD_LOCATION`
 */
export function parseStateLocation(text: string): StateLocation {
  const [, named] = scheme.exec(text) ?? [];
  // One letter is a drive.
  if (named === undefined || named.length === 1) return { kind: "directory", path: text };
  if (named !== "s3") throw refused(`state cannot be kept at a place of the kind ${named}:`);
  const [, bucket, prefix = ""] = s3Form.exec(text) ?? [];
  if (bucket === undefined) throw refused("an S3 place for state needs the name of a bucket");
  if (prefix.length > longestPrefix || (prefix !== "" && !prefix.split("/").every((part) => segmentForm.test(part)))) {
    throw refused("the part after the bucket may have letters, digits, and _ . = - between its slashes");
  }
  return { kind: "s3", bucket, prefix };
}

function refused(message: string): StoreError {
  return new StoreError("STORE_BAD_LOCATION", message, {
    hint: "Give a directory, or s3://bucket/prefix; an address and credentials are given apart.",
  });
}
