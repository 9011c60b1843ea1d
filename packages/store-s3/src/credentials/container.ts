import { isIPv4 } from "node:net";
import { StoreError } from "@certwright/core/store";
import { printable } from "@certwright/provider";
import { ask } from "./ask.ts";
import type { CredentialWorld, Found } from "./credentials.ts";
import { readCredentialsJson } from "./read-credentials.ts";
import { readToken, variable } from "./variables.ts";

const relativeName = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const fullName = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const ecs = "http://169.254.170.2";
/** Hosts that may be asked in the clear, besides this machine: those of ECS and of EKS Pod Identity. */
const linkLocal = new Set(["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]);

/** The role of a container: ECS, EKS Pod Identity, and what speaks as they do. */
export async function containerRole(world: CredentialWorld): Promise<Found> {
  const url = containerUrl(world);
  if (url === undefined) return { lookedFor: `${relativeName} or ${fullName}` };
  const token = await readToken(world, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const who = `the container's endpoint ${url.origin}`;
  const { status, body } = await ask(
    world,
    url,
    { headers: { accept: "application/json", ...(token === undefined ? {} : { authorization: token }) } },
    {
      who,
      hint: "It is asked for the container's credentials, as AWS_CONTAINER_CREDENTIALS_... says.",
    },
  );
  if (status !== 200) {
    const code = /"code"\s*:\s*"([^"]{1,60})"/i.exec(body)?.[1];
    throw new StoreError(
      "STORE_BAD_CREDENTIALS",
      `${who} gives no credentials (${printable(code ?? String(status), 60)})`,
      {
        hint: "Check that the container has a role.",
      },
    );
  }
  return { credentials: readCredentialsJson(body, { who, token: "Token" }, world) };
}

function containerUrl(world: CredentialWorld): URL | undefined {
  const relative = variable(world, relativeName);
  if (relative !== undefined) {
    const url = URL.parse(relative, ecs);
    if (relative.startsWith("/") && url?.origin === ecs) return url;
    throw malformed(relativeName, "is not a path, beginning with /");
  }
  const full = variable(world, fullName);
  if (full === undefined) return undefined;
  const url = URL.parse(full);
  if (url === null || url.username !== "" || url.password !== "") throw malformed(fullName, "is not an address");
  if (url.protocol === "https:" || (url.protocol === "http:" && isNear(url.hostname))) return url;
  throw malformed(fullName, "is neither https: nor at this machine, ECS or EKS");
}

function isNear(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127.")) || linkLocal.has(host);
}

function malformed(name: string, what: string): StoreError {
  return new StoreError("STORE_OPTIONS", `${name} ${what}`, {
    hint: "A token would be sent there: correct it, or unset it.",
  });
}
