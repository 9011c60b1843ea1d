import { StoreError } from "@certwright/core/store";
import { parseXml, printable } from "@certwright/provider";
import { amazonEndpoint } from "../amazon.ts";
import { ask } from "./ask.ts";
import type { CredentialWorld, Found, S3Credentials } from "./credentials.ts";
import { readCredentials } from "./read-credentials.ts";
import { readToken, variable } from "./variables.ts";

/** A role, and the token that proves who takes it. */
export interface WebIdentity {
  readonly roleArn: string;
  readonly sessionName: string | undefined;
  readonly token: string;
}

const arnForm = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;
const sessionForm = /^[\w+=,.@-]{2,64}$/;

/**
 * A token of an identity provider, in the file that EKS and others name, or in the variable itself, as GitLab's
 * `id_tokens` give it.
 */
export async function webIdentityFromEnv(world: CredentialWorld): Promise<Found> {
  const names = "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN";
  const token = await readToken(world, "AWS_WEB_IDENTITY_TOKEN");
  if (token === undefined) return { lookedFor: names };
  const roleArn = variable(world, "AWS_ROLE_ARN");
  if (roleArn === undefined) {
    throw new StoreError("STORE_OPTIONS", "there is a web identity token, and no role to take with it", {
      hint: "Set AWS_ROLE_ARN.",
    });
  }
  const sessionName = variable(world, "AWS_ROLE_SESSION_NAME");
  return { credentials: await assumeRole(world, { roleArn, sessionName, token }) };
}

/**
 * Exchanges a token for a role's credentials, at STS in the region or where `AWS_ENDPOINT_URL_STS` says.
 *
 * @throws StoreError `STORE_OPTIONS`, `STORE_BAD_CREDENTIALS`, `STORE_UNREACHABLE`, `STORE_FAILED`
 */
export async function assumeRole(
  world: CredentialWorld,
  { roleArn, sessionName = "certwright", token }: WebIdentity,
): Promise<S3Credentials> {
  if (!arnForm.test(roleArn)) throw malformed("AWS_ROLE_ARN is not of the form arn:aws:iam::123456789012:role/name");
  if (!sessionForm.test(sessionName))
    throw malformed("AWS_ROLE_SESSION_NAME has other signs than letters, digits and _=,.@-");
  const url = stsUrl(world);
  const who = `STS at ${url.origin}`;
  const { status, body } = await ask(
    world,
    url,
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8", accept: "text/xml" },
      body: new URLSearchParams({
        Action: "AssumeRoleWithWebIdentity",
        Version: "2011-06-15",
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        WebIdentityToken: token,
      }).toString(),
    },
    {
      who,
      hint: "It is asked for the role's credentials; the region chooses it, or AWS_ENDPOINT_URL_STS.",
      // It could not reach the identity provider.
      passing: (text) => text.includes("<Code>IDPCommunicationError</Code>"),
    },
  );
  if (status !== 200) throw refused(who, roleArn, status, body);
  return readCredentials(credentialsIn(body), { who, token: "SessionToken" }, world);
}

function stsUrl({ env, region }: CredentialWorld): URL {
  const named = [env.AWS_ENDPOINT_URL_STS, env.AWS_ENDPOINT_URL].map((text) => text?.trim()).find(Boolean);
  const url = URL.parse(named ?? amazonEndpoint("sts", region));
  const isLocal = url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url !== null && (url.protocol === "https:" || isLocal) && url.username === "" && url.password === "") return url;
  throw malformed("the address of STS is not of the form https://host, which a token may be sent to");
}

function credentialsIn(body: string): unknown {
  try {
    // One element under the other, as the API's reference has them; what is missing is told as missing.
    return ["AssumeRoleWithWebIdentityResponse", "AssumeRoleWithWebIdentityResult", "Credentials"].reduce<unknown>(
      (parent, name) => (parent as Record<string, unknown>)[name],
      parseXml(body),
    );
  } catch {
    return undefined;
  }
}

function refused(who: string, roleArn: string, status: number, body: string): StoreError {
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(body)?.[1];
  const said = /<Message>([^<]{1,500})<\/Message>/.exec(body)?.[1];
  const why = `${code ?? status}${said === undefined ? "" : `: ${printable(said, 200)}`}`;
  return new StoreError("STORE_BAD_CREDENTIALS", `${who} does not give the credentials of ${roleArn} (${why})`, {
    hint: "Check that the role trusts the identity provider, the audience and the subject of the token, and that the token has not expired.",
  });
}

function malformed(message: string): StoreError {
  return new StoreError("STORE_OPTIONS", message, { hint: "Correct it, or unset it." });
}
