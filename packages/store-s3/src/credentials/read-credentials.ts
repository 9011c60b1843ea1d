import { StoreError } from "@certwright/core/store";
import type { CredentialWorld, S3Credentials } from "./credentials.ts";

/** How an answer with credentials is made. */
export interface CredentialForm {
  /** Who gave it, for the error: `the container's endpoint`. */
  readonly who: string;
  /** What the session token is called. */
  readonly token: "Token" | "SessionToken";
  /** Whether they may be those of a user, which have no token and no end. */
  readonly lasting?: boolean;
}

/** All of it stands in headers: one line of ASCII, and nothing that would end a part of `Authorization`. */
const grammar = {
  AccessKeyId: /^[\w.:@+-]{1,128}$/,
  SecretAccessKey: /^[\x21-\x7e]{1,1024}$/,
  token: /^[\x21-\x7e]{1,12288}$/,
  Expiration: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/,
};

/**
 * Credentials from an answer, its secrets told to the world first.
 *
 * @throws StoreError `STORE_OPTIONS` that names the part that is missing or not as it should be, and not its value
 */
export function readCredentials(answer: unknown, form: CredentialForm, { secret }: CredentialWorld): S3Credentials {
  const record: Readonly<Record<string, unknown>> = typeof answer === "object" && answer !== null ? { ...answer } : {};
  const part = (name: string, pattern: RegExp): string => {
    const value = record[name];
    if (typeof value === "string" && pattern.test(value)) return value;
    throw noCredentials(form.who, value === undefined ? `there is no ${name}` : `the ${name} is none`);
  };
  const secretAccessKey = part("SecretAccessKey", grammar.SecretAccessKey);
  secret(secretAccessKey);
  const isLasting = form.lasting === true && record[form.token] === undefined;
  const sessionToken = isLasting ? undefined : part(form.token, grammar.token);
  if (sessionToken !== undefined) secret(sessionToken);
  const endless = form.lasting === true && record.Expiration === undefined;
  return {
    accessKeyId: part("AccessKeyId", grammar.AccessKeyId),
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(endless ? {} : { expires: Date.parse(part("Expiration", grammar.Expiration)) }),
  };
}

/** The same for an answer in JSON. */
export function readCredentialsJson(text: string, form: CredentialForm, world: CredentialWorld): S3Credentials {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // No cause: it would quote what may be half a secret.
    throw noCredentials(form.who, "this is no JSON");
  }
  return readCredentials(answer, form, world);
}

function noCredentials(who: string, why: string): StoreError {
  return new StoreError("STORE_OPTIONS", `${who} gives no credentials: ${why}`, {
    hint: "It should give them in the form that AWS documents.",
  });
}
