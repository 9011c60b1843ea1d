import {
  type Config,
  dataplaneTargetText,
  execTargetId,
  exportTargetText,
  haproxyTargetText,
} from "@certwright/core/config";

/** The id of a target named by its label; anything else is an id already. */
export function targetIdOf(text: string, config: Config | undefined): string {
  if (config === undefined || text.includes(":")) return text;
  const { targets, fleets } = config.settings;
  const target = targets[text];
  if (target === undefined) return fleets[text] === undefined ? text : `fleet:${text}`;
  if ("haproxy" in target) return haproxyTargetText(target.haproxy, target, text);
  if ("export" in target) return exportTargetText(target, text);
  if ("dataplane" in target) {
    const { url, ...access } = target.dataplane;
    return dataplaneTargetText(url, access, target, text);
  }
  return execTargetId({ name: text, command: target.exec });
}
