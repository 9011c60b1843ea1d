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
 */
export function haproxyTargetText(node: string, push: HaproxyPush): string {
  const { tls, add } = push;
  const single: readonly (readonly [string, string | undefined])[] = [
    ["ca", tls?.ca],
    ["cert", tls?.cert],
    ["key", tls?.key],
    ["servername", tls?.serverName],
    ["certificate", push.certificate],
    ["add", add?.list],
    ["as", add?.as],
    ["options", add?.options],
    ["filters", add?.filters?.join(",")],
    ["file", push.file],
    ["key-file", push.keyFile],
    ["files", push.writeFiles ? undefined : "no"],
    ["fewer-names", push.allowFewerNames ? "yes" : undefined],
  ];
  const parameters = [
    ...single.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    ...(push.map ?? []).map(({ haproxy, local }) => ["map", `${haproxy}:${local}`] as const),
    ...(push.check ?? []).map((point) => ["check", point] as const),
  ];
  const query = parameters.map(([name, value]) => `${name}=${encode(value)}`).join("&");
  return `haproxy:${node}${query === "" ? "" : `?${query}`}`;
}

/** Only what would be read as something else: people read these texts. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|2C|5B|5D)/g, decodeURIComponent);
}
