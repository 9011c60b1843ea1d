import { StoreError } from "@certwright/core/store";
import { type Asked, type Asking, ask } from "./ask.ts";
import type { CredentialWorld, Found } from "./credentials.ts";
import { readCredentialsJson } from "./read-credentials.ts";
import { variable } from "./variables.ts";

const tokenForm = /^[\x21-\x7e]{1,1024}$/;
const roleForm = /^[\w+=,.@-]{1,64}$/;

/** The role of a virtual machine, by version 2 of its metadata service alone: the first does not ask who asks. */
export async function instanceRole(world: CredentialWorld): Promise<Found> {
  const base = metadataUrl(world);
  if (base === undefined) return { lookedFor: "an instance's role (AWS_EC2_METADATA_DISABLED is set)" };
  const who = `the metadata service at ${base.origin}`;
  const hint = "It is asked for the instance's role.";
  const request = (path: string, init: RequestInit, limits: Partial<Asking> = {}): Promise<Asked> =>
    ask(world, new URL(`/latest/${path}`, base), init, { who, hint, ...limits });

  const put = { method: "PUT", headers: { "x-aws-ec2-metadata-token-ttl-seconds": "300" } };
  const session = await request("api/token", put, { tries: 1, timeoutMs: patience(world) }).catch(
    (error: Error) => error,
  );
  const token = session instanceof Error || session.status !== 200 ? "" : session.body.trim();
  if (session instanceof Error || !tokenForm.test(token)) {
    const why = session instanceof Error ? session.message : `${who} answered ${session.status}, and no token`;
    return { lookedFor: `an instance's role (${why})` };
  }
  const headers = { "x-aws-ec2-metadata-token": token };
  const listed = await request("meta-data/iam/security-credentials/", { headers });
  const role = listed.body.trim().split("\n")[0]?.trim() ?? "";
  if (listed.status === 404 || role === "") return { lookedFor: "an instance's role (this instance has none)" };
  if (listed.status !== 200 || !roleForm.test(role)) throw noRole(who);
  const given = await request(`meta-data/iam/security-credentials/${encodeURIComponent(role)}`, { headers });
  if (given.status !== 200) throw noRole(who);
  return { credentials: readCredentialsJson(given.body, { who, token: "Token" }, world) };
}

function metadataUrl(world: CredentialWorld): URL | undefined {
  if (variable(world, "AWS_EC2_METADATA_DISABLED")?.toLowerCase() === "true") return undefined;
  const mode = variable(world, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.toLowerCase();
  const usual = mode === "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  const url = URL.parse(variable(world, "AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? usual);
  if (url !== null && ["http:", "https:"].includes(url.protocol) && url.username === "") return url;
  throw new StoreError("STORE_OPTIONS", "AWS_EC2_METADATA_SERVICE_ENDPOINT is not an address", {
    hint: "Correct it, or unset it.",
  });
}

/** Milliseconds until a machine is taken for none of Amazon's. Where there is an answer, it comes from the host itself. */
function patience(world: CredentialWorld): number {
  const seconds = variable(world, "AWS_METADATA_SERVICE_TIMEOUT") ?? "1";
  if (/^[1-9]\d{0,2}$/.test(seconds)) return Number(seconds) * 1_000;
  throw new StoreError("STORE_OPTIONS", "AWS_METADATA_SERVICE_TIMEOUT is no number of seconds", {
    hint: "Correct it, or unset it.",
  });
}

function noRole(who: string): StoreError {
  return new StoreError("STORE_BAD_CREDENTIALS", `${who} gives no credentials of the instance's role`, {
    hint: "Look whether the instance profile still has its role.",
  });
}
