import type { KeyObject } from "node:crypto";
import { CertwrightError } from "@certwright/provider";
import { readArray, readOptionalString, readWord } from "./answer.ts";
import type { AcmeAnswer, AcmeClient, CallOptions } from "./client.ts";
import { bindExternalAccount, type ExternalAccount } from "./external-account.ts";
import { AcmeNetworkError } from "./network-error.ts";
import { printable } from "./printable.ts";
import { AcmeProblem, isProblem } from "./problem.ts";
import { acmeProblemPrefix } from "./problem-kinds.ts";
import { createSigner } from "./signer.ts";

/** An account at a CA (RFC 8555 section 7.1.2). */
export interface Account {
  readonly url: string;
  readonly status: "valid" | "deactivated" | "revoked";
  /** As the CA echoes them; some CAs echo none, so this says nothing about what was registered. */
  readonly contact: readonly string[];
  readonly orders?: string;
}

/** What a new account is made of. */
export interface NewAccount {
  /** URLs such as `mailto:admin@example.com`. */
  readonly contact?: readonly string[];
  /** True once a person has agreed to the CA's terms. */
  readonly termsOfServiceAgreed: boolean;
  readonly externalAccount?: ExternalAccount;
}

/**
 * Registers the client's key, or finds the account it already has: one request either way. What an existing account
 * says is left as it is (see {@link updateAccount}).
 *
 * @returns the account and whether it is new; use `client.withAccount(account.url)` from then on.
 * @throws `ACME_USER_ACTION_REQUIRED` where the CA has terms that were not agreed to, and
 *   `ACME_EXTERNAL_ACCOUNT_REQUIRED`, both before asking; `ACME_EXTERNAL_ACCOUNT_INVALID`; `ACME_ACCOUNT_DEACTIVATED`.
 */
export async function createAccount(
  client: AcmeClient,
  account: NewAccount,
  { signal }: CallOptions = {},
): Promise<Account & { readonly created: boolean }> {
  const { meta } = await client.directory({ signal });
  const { contact, externalAccount, termsOfServiceAgreed } = account;
  if (meta.termsOfService !== undefined && !termsOfServiceAgreed)
    throw termsNotAgreed(client.directoryUrl, meta.termsOfService);
  if (meta.externalAccountRequired && externalAccount === undefined) throw externalAccountMissing(client.directoryUrl);
  const payload = (url: string): object => ({
    ...(termsOfServiceAgreed ? { termsOfServiceAgreed: true } : {}),
    ...(contact === undefined || contact.length === 0 ? {} : { contact }),
    ...(externalAccount === undefined
      ? {}
      : { externalAccountBinding: bindExternalAccount(client.signer, url, externalAccount) }),
  });
  const answer = await client.postTo("newAccount", payload, { signal, withPublicKey: true });
  return { ...usable(parseAccount(answer, answer.location())), created: answer.status === 201 };
}

/** The account of the client's key, or undefined where the CA knows none (RFC 8555 section 7.3.1). One request. */
export async function findAccount(client: AcmeClient, { signal }: CallOptions = {}): Promise<Account | undefined> {
  try {
    const answer = await client.postTo("newAccount", { onlyReturnExisting: true }, { signal, withPublicKey: true });
    return usable(parseAccount(answer, answer.location()));
  } catch (error) {
    if (isProblem(error, "accountDoesNotExist")) return undefined;
    throw error;
  }
}

/** The client's account as it is now, whatever its status. */
export async function getAccount(client: AcmeClient, { signal }: CallOptions = {}): Promise<Account> {
  const url = client.accountUrl ?? "";
  return parseAccount(await client.postAsGet(url, { signal }), url);
}

/** Replaces the contacts of the client's account (RFC 8555 section 7.3.2). */
export async function updateAccount(
  client: AcmeClient,
  contact: readonly string[],
  { signal }: CallOptions = {},
): Promise<Account> {
  const url = client.accountUrl ?? "";
  return parseAccount(await client.post(url, { contact }, { signal }), url);
}

/** Gives up the client's account for good (RFC 8555 section 7.3.6). Its certificates stay valid. */
export async function deactivateAccount(client: AcmeClient, { signal }: CallOptions = {}): Promise<Account> {
  const url = client.accountUrl ?? "";
  return parseAccount(await client.post(url, { status: "deactivated" }, { signal }), url);
}

/**
 * Gives the client's account a new key (RFC 8555 section 7.3.5). Store the new key before calling.
 *
 * Where the answer is lost on the way, the CA is asked which of the two keys it has now.
 *
 * @returns a client that signs with the new key.
 */
export async function changeAccountKey(
  client: AcmeClient,
  newKey: KeyObject,
  { signal }: CallOptions = {},
): Promise<AcmeClient> {
  const account = client.accountUrl;
  const signer = createSigner(newKey);
  const successor = client.withKey(newKey, account);
  try {
    await client.postTo("keyChange", (url) => signer.sign(url, { account, oldKey: client.signer.jwk }), {
      signal,
      repeatable: false,
    });
  } catch (error) {
    if (!(error instanceof AcmeNetworkError && error.uncertain)) throw error;
    const found = await findAccount(successor, { signal });
    if (found?.url !== account) throw error;
  }
  return successor;
}

function parseAccount(answer: AcmeAnswer, url: string): Account {
  const fields = answer.json();
  const contact = readArray(fields, "contact", "account", 100, true);
  const orders = readOptionalString(fields, "orders", "account");
  return {
    url,
    status: readWord(fields, "status", "account", ["valid", "deactivated", "revoked"]),
    contact: contact.filter((each) => typeof each === "string").map((each) => printable(each, 320)),
    ...(orders === undefined ? {} : { orders }),
  };
}

function usable(account: Account): Account {
  if (account.status === "valid") return account;
  throw new CertwrightError("ACME_ACCOUNT_DEACTIVATED", `The account ${account.url} is ${account.status}`, {
    hint: "Register a new account with a new key; this one cannot be brought back.",
  });
}

function termsNotAgreed(url: string, terms: string): AcmeProblem {
  const detail = `The CA asks for agreement to its terms of service: ${terms}`;
  const document = { type: `${acmeProblemPrefix}userActionRequired`, detail, instance: terms, subproblems: [] };
  return new AcmeProblem(document, { url, hint: `Read ${terms}, then agree with --accept-tos.` });
}

function externalAccountMissing(url: string): AcmeProblem {
  const detail = "The CA only accepts accounts bound to an account made with it elsewhere";
  return new AcmeProblem({ type: `${acmeProblemPrefix}externalAccountRequired`, detail, subproblems: [] }, { url });
}
