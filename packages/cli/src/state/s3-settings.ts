import type { SecretRef } from "@certwright/core";
import { StoreError } from "@certwright/core/store";
import type { S3Options } from "@certwright/store-s3";
import { readSecret } from "../secret-ref.ts";
import { refFromEnv } from "./from-env.ts";
import type { StateInvocation } from "./open-state.ts";
import type { StateSettings } from "./s3-state.ts";

type S3Access = Pick<S3Options, "endpoint" | "region" | "accessKeyId" | "secretAccessKey" | "sessionToken">;

/**
 * How a bucket is reached: what the configuration says, the rest from the environment.
 *
 * @throws StoreError `STORE_OPTIONS` with all that is missing; CertwrightError `CONFIG_SECRET_...`
 */
export async function readS3Settings(
  options: StateSettings["options"],
  { context, secrets, emit }: StateInvocation,
): Promise<S3Access> {
  const find = async (
    given: string | SecretRef | undefined,
    ...names: readonly string[]
  ): Promise<string | undefined> => {
    if (typeof given === "string") return given;
    const ref = given ?? names.map((name) => refFromEnv(name, context)).find((found) => found !== undefined);
    return ref === undefined ? undefined : (await readSecret(ref, context, secrets, emit)).trim();
  };
  const plain = (given: string | undefined, ...names: readonly string[]): string | undefined =>
    given ?? names.map((name) => context.env[name]?.trim()).find((value) => value !== undefined && value !== "");

  const named = plain(options.endpoint, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
  const region =
    plain(options.region, "AWS_REGION", "AWS_DEFAULT_REGION") ?? (named === undefined ? undefined : "us-east-1");
  const accessKeyId = await find(options.accessKeyId, "AWS_ACCESS_KEY_ID");
  const secretAccessKey = await find(options.secretAccessKey, "AWS_SECRET_ACCESS_KEY");
  // A token belongs to the key it came with.
  const fromEnv = options.secretAccessKey === undefined ? ["AWS_SESSION_TOKEN"] : [];
  const sessionToken = await find(options.sessionToken, ...fromEnv);

  if (region === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    throw incomplete([
      ...(region === undefined ? ["a region (AWS_REGION)"] : []),
      ...(accessKeyId === undefined ? ["an access key (AWS_ACCESS_KEY_ID)"] : []),
      ...(secretAccessKey === undefined ? ["its secret (AWS_SECRET_ACCESS_KEY)"] : []),
    ]);
  }
  const endpoint = checkEndpoint(named ?? `https://s3.${region}.amazonaws.com`);
  return { endpoint, region, accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
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
    hint: "Set the variables, each also as NAME_FILE, or state.options in the configuration. Profiles and instance roles are not read.",
  });
}
