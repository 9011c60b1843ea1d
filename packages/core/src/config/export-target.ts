import type { Checking } from "./checking.ts";
import { placeText, targetText } from "./haproxy-target.ts";
import type { Path } from "./located.ts";
import type { ExportConfig } from "./table-targets.ts";

/**
 * The target as one text, `export:/etc/nginx/site.pem?mode=0640`: what `@certwright/export` reads, and what is kept with
 * a certificate, so that it can be exported again without this file.
 *
 * @param label of the target, which is what is said where only this file knows how the password is found
 */
export function exportTargetText(config: ExportConfig, label: string): string {
  const { format, password } = config;
  return targetText(`export:${config.export}`, [
    ["format", format === "pem" ? undefined : format],
    ["parts", config.parts?.join(",")],
    ["owner", config.owner],
    ["mode", config.mode],
    ["password", password && placeText(password, label)],
    ["password-file", config.passwordFile],
  ]);
}

/** What can be said of an export without looking at this machine. */
export function checkExport({ settings, tell }: Checking, config: ExportConfig, label: string): void {
  const { format, parts, mode } = config;
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
  const given = (["password", "passwordFile"] as const).filter((key) => config[key] !== undefined);
  if (isPkcs12 && given.length === 0) {
    const hint = "Add password: { env: NAME }, or another secret; a passwordFile that is empty stands for no password.";
    tell(path, "makes a PKCS#12 file without a password", hint, "key");
  }
  if (given.length > 1) tell([...path, "passwordFile"], "is a second password", "Keep one of the two.", "key");
  for (const key of isPkcs12 ? [] : given)
    tell([...path, key], `has no meaning with format ${format}`, "Leave it out, or take pkcs12.", "key");
  if (format !== "pem" && parts !== undefined)
    tell([...path, "parts"], `has no meaning with format ${format}`, "Leave it out, or take format pem.", "key");
  const isClear = !isPkcs12 && (parts ?? ["key"]).includes("key");
  if (isClear && mode !== undefined && !mode.endsWith("0"))
    tell([...path, "mode"], "lets every user read the private key", "Write 0600, or 0640 with an owner and a group.");
}
