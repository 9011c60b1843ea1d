import type { SecretRef } from "../spec.ts";
import type { FleetConfig } from "./table.ts";

/** How a certificate is brought to a HAProxy, as targets and fleets say it. */
export type HaproxyPush = Pick<
  FleetConfig,
  "certificate" | "add" | "writeFiles" | "file" | "keyFile" | "map" | "check" | "allowFewerNames" | "tls"
>;

/**
 * The target as one text, `haproxy:/run/haproxy/admin.sock?check=127.0.0.1:443`: what `@certwright/haproxy` reads, and
 * what is kept with a certificate, so that it can be deployed again without this file.
 *
 * @param node address of its Runtime API
 * @param label of the target or fleet, which is what is said where only this file knows how a key is found
 */
export function haproxyTargetText(node: string, push: HaproxyPush, label?: string): string {
  const { tls } = push;
  return targetText(`haproxy:${node}`, [
    ["ca", tls?.ca],
    ["cert", tls?.cert],
    ["key", tls && keyText(tls.key, label)],
    ["servername", tls?.serverName],
    ...placing(push),
    ["file", push.file],
    ["key-file", push.keyFile],
    ["files", push.writeFiles ? undefined : "no"],
    ["fewer-names", push.allowFewerNames ? "yes" : undefined],
    ...(push.map ?? []).map(({ haproxy, local }) => ["map", `${haproxy}:${local}`] as const),
    ...checks(push),
  ]);
}

/** How one is brought to a HAProxy through its Data Plane API. */
export type DataplanePush = Pick<FleetConfig, "certificate" | "add" | "check" | "allowFewerNames" | "reload">;
export type DataplaneAccess = NonNullable<FleetConfig["dataplane"]>;

/**
 * A node that is reached through its Data Plane API, as one text. It says where the password is, and never what it is.
 *
 * @param label of the target or fleet, which is what is said where only this file knows how the password is found
 */
export function dataplaneTargetText(url: string, access: DataplaneAccess, push: DataplanePush, label?: string): string {
  const { user, password } = access;
  const named = user === undefined ? url : url.replace("://", `://${encodeURIComponent(user)}@`);
  return targetText(`dataplane:${named}`, [
    ["password", password && placeText(password, label)],
    ["ca", access.ca],
    ["cert", access.cert],
    ["key", access.key && keyText(access.key, label)],
    ["servername", access.serverName],
    ...placing(push),
    ["fewer-names", push.allowFewerNames ? "yes" : undefined],
    ["reload", push.reload ? "yes" : undefined],
    ...checks(push),
  ]);
}

function keyText(key: string | SecretRef, label: string | undefined): string | undefined {
  if (typeof key === "string") return key;
  return "file" in key ? key.file : placeText(key, label);
}

// A program to run belongs into this file and not into the state.
export function placeText(ref: SecretRef, label: string | undefined): string | undefined {
  if ("env" in ref) return `env:${ref.env}`;
  if ("file" in ref) return `file:${ref.file}`;
  return label === undefined ? undefined : `config:${label}`;
}

type Parameter = readonly [string, string | undefined];

function placing({ certificate, add }: Pick<HaproxyPush, "certificate" | "add">): readonly Parameter[] {
  return [
    ["certificate", certificate],
    ["add", add?.list],
    ["as", add?.as],
    ["options", add?.options],
    ["filters", add?.filters?.join(",")],
  ];
}

function checks({ check = [] }: Pick<HaproxyPush, "check">): readonly Parameter[] {
  return check.map((point) => ["check", point] as const);
}

/** An address and its parameters, as people read them and certificates keep them. */
export function targetText(address: string, parameters: readonly Parameter[]): string {
  const query = parameters
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${encode(value)}`))
    .join("&");
  return query === "" ? address : `${address}?${query}`;
}

/** Only what would be read as something else: people read these texts. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|2C|5B|5D)/g, decodeURIComponent);
}
