import type { Checking } from "./checking.ts";
import type { Path } from "./located.ts";
import type { ExportConfig } from "./table-targets.ts";

/**
 * The target as one text, `export:/etc/nginx/site.pem?mode=0640`: what `@certwright/export` reads, and what is kept with
 * a certificate, so that it can be exported again without this file.
 */
export function exportTargetText({ export: path, format, parts, owner, mode, passwordFile }: ExportConfig): string {
  const parameters = [
    ["format", format === "pem" ? undefined : format],
    ["parts", parts?.join(",")],
    ["owner", owner],
    ["mode", mode],
    ["password-file", passwordFile],
  ] as const;
  const query = parameters.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encode(value)}`]));
  return `export:${path}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

/** What can be said of an export without looking at this machine. */
export function checkExport({ settings, tell }: Checking, config: ExportConfig, label: string): void {
  const { format, parts, mode, passwordFile } = config;
  const path: Path = ["targets", label];
  const [one, other] = Object.entries(settings.certificates)
    .filter(([, { deploy = settings.defaults.deploy }]) => deploy.includes(label))
    .map(([name]) => name);
  if (other !== undefined && !config.export.includes("{name}")) {
    const hint =
      "Write {name} into the path, which stands for each certificate's name; or give each a target of its own.";
    tell([...path, "export"], `is where both ${one} and ${other} are written`, hint);
  }
  const isPkcs12 = format.startsWith("pkcs12");
  if (config.export.includes("?"))
    tell([...path, "export"], "has a question mark", "Say the rest with keys beside it.");
  if (isPkcs12 && passwordFile === undefined) {
    tell(
      path,
      "makes a PKCS#12 file without a password",
      "Add passwordFile; an empty file stands for no password.",
      "key",
    );
  }
  if (!isPkcs12 && passwordFile !== undefined)
    tell([...path, "passwordFile"], `has no meaning with format ${format}`, "Leave it out, or take pkcs12.", "key");
  if (format !== "pem" && parts !== undefined)
    tell([...path, "parts"], `has no meaning with format ${format}`, "Leave it out, or take format pem.", "key");
  const isClear = !isPkcs12 && (parts ?? ["key"]).includes("key");
  if (isClear && mode !== undefined && !mode.endsWith("0"))
    tell([...path, "mode"], "lets every user read the private key", "Write 0600, or 0640 with an owner and a group.");
}

/** Only what would be read as something else: people read these texts. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|2C)/g, decodeURIComponent);
}
