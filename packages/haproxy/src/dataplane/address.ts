import { HaproxyError } from "../errors.ts";
import { isLoopback, keyPlace, type SecretPlace } from "../runtime/node.ts";
import { isYes, oneValue, placing, readPlacing, refuseUnknown, type TargetAddress } from "../target-address.ts";

/** A HAProxy that is reached through its Data Plane API. `id` is for people and states and holds no secret. */
export interface DataplaneNode {
  readonly kind: "dataplane";
  /** `dataplane:https://user@host:5555` */
  readonly id: string;
  /** The API without its version: `https://host:5555`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  /** Where the user's password is; absent where only the surroundings say. */
  readonly password?: SecretPlace;
  readonly tls: DataplaneTls;
}

/** Files for TLS towards the API (PEM), each where the usual does not do. */
export interface DataplaneTls {
  /** CA that signed the API's certificate. Default: the system's. */
  readonly caFile?: string;
  readonly certFile?: string;
  /** Where its key is. */
  readonly key?: SecretPlace;
  /** Name the API's certificate must have. Default: the host. */
  readonly serverName?: string;
}

/** A `dataplane:` target: the node, and what to do there with each certificate. */
export interface DataplaneTarget extends Pick<TargetAddress, "check"> {
  readonly node: DataplaneNode;
  readonly request: Pick<TargetAddress["request"], "certificate" | "add" | "allowFewerNames">;
  /** HAProxy may be reloaded where it cannot take a certificate at run time. */
  readonly mayReload: boolean;
}

const forNode = ["password", "ca", "cert", "key", "servername"] as const;
const usage =
  "Write dataplane:https://user@host:5555, with ?ca=FILE (and &cert=FILE&key=FILE, &servername=NAME), &password=env:NAME or file:PATH, &certificate=PATH to name the one to replace, &add=LIST (and &as=FILE, &options=..., &filters=a,b) to add new ones, &check=HOST:PORT, &fewer-names=yes, &reload=yes.";

/**
 * Reads a target: `dataplane:`, the URL of the API, and parameters after a question mark. `http://` is for this machine
 * only.
 *
 * @throws HaproxyError HAPROXY_NODE_ADDRESS, HAPROXY_PLAINTEXT_REFUSED
 */
export function parseDataplaneTarget(text: string): DataplaneTarget {
  const [, address = "", query = ""] = /^dataplane:([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  const url = readUrl(address);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const user = decode(url.username);
  const id = `dataplane:${url.protocol}//${user === "" ? "" : `${url.username}@`}${url.host}${prefixOf(url)}`;
  const parameters = new URLSearchParams(query);
  refuseUnknown({ id }, parameters, [...forNode, ...placing, "check", "reload"], usage);
  const [password, caFile, certFile, key, serverName] = forNode.map((name) =>
    oneValue({ id }, parameters, name, usage),
  );
  if (url.protocol === "http:" && !isLoopback(host)) {
    throw new HaproxyError("HAPROXY_PLAINTEXT_REFUSED", `${id} would send private keys in the clear.`, {
      node: id,
      hint: "Give the API a certificate (dataplaneapi: scheme https, tls_certificate, tls_key) and write https://.",
    });
  }
  if (url.protocol === "http:" && (caFile ?? certFile ?? key ?? serverName) !== undefined)
    throw fault(`${id} is not reached over TLS, so it has no use for certificates.`);
  if ((certFile === undefined) !== (key === undefined)) throw fault(`${id} needs "cert" and "key" together.`);
  if (password !== undefined && user === "") throw fault(`${id} has a password and no user.`);
  return {
    node: {
      kind: "dataplane",
      id,
      url: `${url.origin}${prefixOf(url)}`,
      host,
      port: Number(url.port || (url.protocol === "http:" ? 80 : 443)),
      ...(user === "" ? {} : { user }),
      ...(password === undefined ? {} : { password: passwordRef(id, password) }),
      tls: {
        ...(caFile === undefined ? {} : { caFile }),
        ...(certFile === undefined ? {} : { certFile }),
        ...(key === undefined ? {} : { key: keyPlace(key) }),
        ...(serverName === undefined ? {} : { serverName }),
      },
    },
    ...readPlacing({ id }, parameters, usage),
    mayReload: isYes({ id }, "reload", oneValue({ id }, parameters, "reload", usage), usage),
  };
}

function readUrl(address: string): URL {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) throw fault("That is not the URL of a Data Plane API.");
  const url = new URL(address);
  // Not shown: what stands there is a secret.
  if (url.password !== "") throw fault("A password must not stand in an address.");
  if (url.hash !== "" || url.hostname === "") throw fault(`${url.origin} needs a host and a port, and no more.`);
  if (/\/v\d+\/*$/.test(url.pathname)) throw fault("Leave the version out of the API's URL.");
  return url;
}

function prefixOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, "");
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    // RFC 7617: a colon ends the name.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these may not be in a header
    if (!/[:\u0000-\u001f\u007f]/.test(decoded)) return decoded;
  } catch {}
  throw fault("The user's name in the address cannot be read.");
}

function passwordRef(id: string, text: string): SecretPlace {
  const [, kind, value = ""] = /^(env|file|config):(.+)$/s.exec(text) ?? [];
  if (kind === "env" && /^[A-Za-z_]\w*$/.test(value)) return { env: value };
  if (kind === "file" && value.startsWith("/")) return { file: value };
  if (kind === "config") return { config: value };
  // Not shown: somebody may have put the password itself here.
  throw fault(`The password of ${id} is not referred to rightly; it must not stand there itself.`);
}

function fault(message: string): HaproxyError {
  return new HaproxyError("HAPROXY_NODE_ADDRESS", message, { hint: usage });
}
