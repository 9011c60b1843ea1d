import { randomUUID } from "node:crypto";
import { hasCode, StoreError } from "@certwright/core/store";
import { callS3 } from "./s3-client.ts";
import { ownFolder, type S3Options } from "./s3-options.ts";
import { putObject } from "./s3-put.ts";

const provenKey = `${ownFolder}/conditions.json`;

/**
 * Finds out, before anything is written, that the service refuses writes whose condition is not met: leases and
 * compare-and-swap stand on nothing else, and some services take the condition and ignore it. Once for a place and an
 * address: what was found out is noted beside the state.
 *
 * @returns to be awaited before each change; asks the service the first time only
 * @throws StoreError `STORE_NOT_CONDITIONAL`, and what the service brings
 */
export function conditionsProof(options: S3Options): () => Promise<void> {
  let proven: Promise<void> | undefined;
  return () => {
    proven ??= prove(options).catch((error: unknown) => {
      proven = undefined;
      throw error;
    });
    return proven;
  };
}

async function prove(options: S3Options): Promise<void> {
  const note = JSON.stringify({ format: 1, endpoint: options.endpoint });
  const noted = await callS3(options, { method: "GET", key: provenKey });
  if (noted.status === 200 && Buffer.from(noted.body).toString() === note) return;
  await tryConditions(options, `${ownFolder}/probe-${randomUUID()}`);
  await putObject(options, provenKey, Buffer.from(note), "always");
}

async function tryConditions(options: S3Options, key: string): Promise<void> {
  const text = (word: string): Uint8Array => Buffer.from(`${word} ${key}`);
  try {
    const first = await putObject(options, key, text("first"), "absent");
    if (first === undefined) throw ignored(options, "an object that is not there is taken for one that is");
    if ((await putObject(options, key, text("other"), "absent")) !== undefined)
      throw ignored(options, "it overwrites an object in spite of If-None-Match");
    const second = await putObject(options, key, text("second"), { ifEtag: first });
    if (second === undefined) throw ignored(options, "it takes no write with If-Match");
    if (second === first) throw ignored(options, "its ETags do not change with what is written");
    if ((await putObject(options, key, text("other"), { ifEtag: first })) !== undefined)
      throw ignored(options, "it overwrites an object in spite of If-Match");
  } catch (error) {
    // "NotImplemented": it knows of the condition, and will have none.
    if (hasCode(error, "STORE_FAILED") && /\b(501|NotImplemented)\b/.test((error as Error).message))
      throw ignored(options, "it knows no conditional writes");
    throw error;
  } finally {
    await callS3(options, { method: "DELETE", key }).catch(() => undefined);
  }
}

function ignored({ endpoint }: S3Options, what: string): StoreError {
  return new StoreError("STORE_NOT_CONDITIONAL", `the S3 service at ${endpoint} cannot keep state: ${what}`, {
    hint: "Two runs would undo each other's work. Use a service that honours If-None-Match and If-Match on PUT, as Amazon S3, MinIO, Ceph and R2 do.",
  });
}
