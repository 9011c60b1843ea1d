import type { SecretRef } from "@certwright/core";
import { StoreError } from "@certwright/core/store";
import {
  amazonEndpoint,
  findCredentials,
  keepCredentials,
  type S3Credentials,
  type S3Options,
} from "@certwright/store-s3";
import type { Surroundings } from "../command.ts";
import { readSecret } from "../secret-ref.ts";
import { credentialWorld } from "./credential-world.ts";
import { refFromEnv } from "./from-env.ts";
import type { StateSettings } from "./s3-state.ts";

type S3Access = Pick<S3Options, "endpoint" | "region" | "credentials">;

/** A key may be given in part; its other part is then missing. */
type GivenKey = Partial<S3Credentials>;

/**
 * How a bucket is reached: what the configuration says, the rest from the environment. Where neither gives a key, the
 * credentials are those this machine has, and looked for when the first request is made.
 *
 * @throws StoreError `STORE_OPTIONS` with all that is missing; CertwrightError `CONFIG_SECRET_...`
 */
export async function readS3Settings(options: StateSettings["options"], surroundings: Surroundings): Promise<S3Access> {
  const { env, now } = surroundings.context;
  const plain = (given: string | undefined, ...names: readonly string[]): string | undefined =>
    given ?? names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== "");

  const named = plain(options.endpoint, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
  const region =
    plain(options.region, "AWS_REGION", "AWS_DEFAULT_REGION") ?? (named === undefined ? undefined : "us-east-1");
  let first: GivenKey | undefined = await readKey(options, surroundings);
  const missing = missingOf(first);
  if (region === undefined || missing.length > 0) {
    throw incomplete([...(region === undefined ? ["a region (AWS_REGION)"] : []), ...missing]);
  }
  const endpoint = checkEndpoint(named ?? amazonEndpoint("s3", region));
  const world = credentialWorld(surroundings, region);
  const load = async (): Promise<S3Credentials> => {
    // Another time they are read anew: they were refused, and what they are read from may have others by now.
    const key = first ?? (await readKey(options, surroundings));
    first = undefined;
    if (isWhole(key)) return key;
    return await findCredentials(world, ["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"]);
  };
  return { endpoint, region, credentials: keepCredentials(load, now) };
}

async function readKey(options: StateSettings["options"], surroundings: Surroundings): Promise<GivenKey> {
  const find = async (
    given: string | SecretRef | undefined,
    ...names: readonly string[]
  ): Promise<string | undefined> => {
    if (typeof given === "string") return given;
    const ref =
      given ?? names.map((name) => refFromEnv(name, surroundings.context)).find((found) => found !== undefined);
    return ref === undefined ? undefined : (await readSecret(ref, surroundings)).trim();
  };
  const accessKeyId = await find(options.accessKeyId, "AWS_ACCESS_KEY_ID");
  const secretAccessKey = await find(options.secretAccessKey, "AWS_SECRET_ACCESS_KEY");
  // A token belongs to the key it came with.
  const fromEnv = options.secretAccessKey === undefined ? ["AWS_SESSION_TOKEN"] : [];
  const sessionToken = await find(options.sessionToken, ...fromEnv);
  return {
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(secretAccessKey === undefined ? {} : { secretAccessKey }),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function isWhole(key: GivenKey): key is S3Credentials {
  return key.accessKeyId !== undefined && key.secretAccessKey !== undefined;
}

/** What a key lacks that is there in part. */
function missingOf({ accessKeyId, secretAccessKey }: GivenKey): readonly string[] {
  if (accessKeyId === undefined && secretAccessKey !== undefined) return ["the access key (AWS_ACCESS_KEY_ID)"];
  if (accessKeyId !== undefined && secretAccessKey === undefined) return ["the key's secret (AWS_SECRET_ACCESS_KEY)"];
  return [];
}

function checkEndpoint(text: string): string {
  const url = URL.parse(text);
  const isPlain = url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (isPlain && ["https:", "http:"].includes(url.protocol) && url.pathname === "/") return url.origin;
  throw new StoreError("STORE_OPTIONS", "the address of the S3 service is not of the form https://host:port", {
    hint: "Give scheme, host and port alone: bucket and prefix are in s3://bucket/prefix, credentials apart.",
  });
}

function incomplete(missing: readonly string[]): StoreError {
  return new StoreError("STORE_OPTIONS", `state in S3 needs ${missing.join(", ")}`, {
    hint: "Set the variables, each also as NAME_FILE, or state.options in the configuration.",
  });
}
