import type { ExternalAccount } from "@certwright/core";
import type { Surroundings } from "../command.ts";
import { cliError } from "../errors.ts";
import type { Secrets } from "../reporter/secrets.ts";

const api = "https://api.zerossl.com/acme";
const accessKeyVariable = "ZEROSSL_ACCESS_KEY";
/** Its answers have a few hundred characters. */
const largest = 65_536;
const patience = 30_000;

/**
 * An external account binding that ZeroSSL makes for an e-mail address or, where `ZEROSSL_ACCESS_KEY` is set, for the
 * ZeroSSL account with this key of its API.
 *
 * @throws CertwrightError `CLI_BINDING_NEEDED`, `CLI_BINDING_REFUSED`
 */
export async function fetchZerosslBinding(
  email: string | undefined,
  { context, secrets }: Pick<Surroundings, "context" | "secrets">,
): Promise<ExternalAccount> {
  const { env, fetch, stopper } = context;
  const accessKey = env[accessKeyVariable]?.trim() ?? "";
  if (accessKey === "" && email === undefined) {
    throw cliError("CLI_BINDING_NEEDED", "ZeroSSL makes a binding for an e-mail address, and none is given", {
      hint: `Add --email, or set ${accessKeyVariable} to a key of your ZeroSSL account.`,
    });
  }
  if (accessKey !== "") secrets.add(accessKey);
  const [path, body] =
    accessKey === ""
      ? ["eab-credentials-email", new URLSearchParams({ email: email ?? "" })]
      : [`eab-credentials?${new URLSearchParams({ access_key: accessKey })}`, undefined];
  const signal = AbortSignal.any([stopper.signal, AbortSignal.timeout(patience)]);
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${api}/${path}`, {
      method: "POST",
      redirect: "error",
      signal,
      ...(body === undefined ? {} : { body }),
    });
    status = response.status;
    text = await readAtMost(response, largest);
  } catch (cause) {
    stopper.signal.throwIfAborted();
    throw refused("its API does not answer", "Try again later, or get a binding by hand.", cause);
  }
  return readAnswer(status, text, secrets);
}

async function readAtMost(response: Response, limit: number): Promise<string> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > limit) throw new Error("the answer is too large");
  }
  return text;
}

function readAnswer(status: number, text: string, secrets: Secrets): ExternalAccount {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw refused(`its API answered with status ${status} and no JSON`, "Try again later, or get a binding by hand.");
  }
  const fields: Readonly<Record<string, unknown>> = typeof answer === "object" && answer !== null ? { ...answer } : {};
  const { success, eab_kid: keyId, eab_hmac_key: hmacKey } = fields;
  if (typeof hmacKey === "string") secrets.add(hmacKey);
  const isGood = (success === true || success === 1) && typeof keyId === "string" && typeof hmacKey === "string";
  if (isGood && /^[A-Za-z0-9_-]{1,200}$/.test(keyId) && /^[A-Za-z0-9+/_-]{16,1024}={0,2}$/.test(hmacKey)) {
    return { keyId, hmacKey };
  }
  const reason =
    typeof fields.error === "object" && fields.error !== null && "type" in fields.error && fields.error.type;
  const why = typeof reason === "string" && /^[a-z0-9_]{1,60}$/.test(reason) ? reason : `status ${status}`;
  throw refused(`its API answered: ${why}`, "Check --email or the access key; or get a binding by hand.");
}

function refused(why: string, hint: string, cause?: unknown): Error {
  const byHand = "https://app.zerossl.com/developer shows one for --eab-kid and --eab-hmac-key-file.";
  return cliError("CLI_BINDING_REFUSED", `ZeroSSL made no external account binding: ${why}`, {
    hint: `${hint} ${byHand}`,
    cause,
  });
}
