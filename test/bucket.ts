import { randomBytes, randomUUID } from "node:crypto";
import { type S3StoreOptions, s3Store } from "@certwright/store-s3";
import type { Moto } from "@certwright/tools/servers";

/** A new bucket, and the environment that makes its `ci/prod` the command's state. */
export async function makeBucket(moto: Moto, endpoint = moto.endpoint) {
  const bucket = `certwright-${randomUUID()}`;
  const made = await fetch(`${moto.endpoint}/${bucket}`, { method: "PUT" });
  if (!made.ok) throw new Error(`moto makes no bucket: ${made.status}`);
  const env = {
    CERTWRIGHT_STATE: `s3://${bucket}/ci/prod`,
    CERTWRIGHT_STATE_KEY: randomBytes(32).toString("base64"),
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: "AKIACERTWRIGHT",
    AWS_SECRET_ACCESS_KEY: "a secret of the moto kind",
  };
  const options: S3StoreOptions = {
    endpoint,
    region: moto.region,
    bucket,
    prefix: "ci/prod",
    credentials: async () => ({
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    }),
    allowPlainSecrets: true,
    fetch,
    now: Date.now,
    random: Math.random,
    retryMs: 20,
  };
  return {
    bucket,
    env,
    options,
    /** The state as it lies there, sealed. */
    below: s3Store(options),
    /** The keys of all objects. */
    keys: async (): Promise<readonly string[]> => {
      const text = await (await fetch(`${moto.endpoint}/${bucket}?list-type=2`)).text();
      return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
    },
  };
}
