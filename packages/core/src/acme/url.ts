import { CertwrightError } from "@certwright/provider";
import { badAnswer } from "./answer.ts";
import { printable } from "./printable.ts";

/**
 * A URL of a CA: https, visible ASCII, no user name, no longer than 2048 characters.
 *
 * @param what names the URL in errors, such as `order's Location`.
 * @throws `ACME_INSECURE_URL` for http (a proof or an account could be taken over on the way); `ACME_BAD_ANSWER`.
 */
export function parseUrl(text: string, what: string, base?: string): URL {
  if (!/^[!-~]{1,2048}$/.test(text) || !URL.canParse(text, base)) throw badAnswer(what, "is not a URL");
  const url = new URL(text, base);
  if (url.protocol !== "https:") {
    throw new CertwrightError("ACME_INSECURE_URL", `The ${what} "${printable(text, 200)}" does not use https`, {
      hint: "Give the CA's https address; ACME over plain http is never used.",
    });
  }
  if (url.username !== "" || url.password !== "") throw badAnswer(what, "holds a user name or password");
  url.hash = "";
  return url;
}

/**
 * Refuses a URL outside the CA's own origins, so that a hostile answer cannot turn the client against other hosts.
 *
 * @throws `ACME_FOREIGN_URL`.
 */
export function assertOwnUrl(url: URL, origins: ReadonlySet<string>): void {
  if (origins.has(url.origin)) return;
  throw new CertwrightError(
    "ACME_FOREIGN_URL",
    `The CA named a URL at ${url.host}, which is not one of its own hosts`,
    {
      hint: `If ${url.host} really belongs to the CA, allow it as an extra host of this CA.`,
    },
  );
}
