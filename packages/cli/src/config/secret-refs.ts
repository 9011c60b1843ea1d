import type { SecretRef } from "@certwright/core";
import type { ConfigFile } from "@certwright/core/config";

/** Every reference to a secret in a configuration, with where it stands. */
export function secretRefsOf(settings: ConfigFile): readonly { readonly path: string; readonly ref: SecretRef }[] {
  return found(settings, "");
}

function found(value: unknown, path: string): readonly { readonly path: string; readonly ref: SecretRef }[] {
  if (typeof value !== "object" || value === null) return [];
  if (isRef(value)) return [{ path, ref: value }];
  return Object.entries(value).flatMap(([key, inner]) => found(inner, path === "" ? key : `${path}.${key}`));
}

/** No other object of the file has one of these as its only key: a fleet's or hook's `command` has others beside it. */
function isRef(value: object): value is SecretRef {
  const [[key, inner] = ["", undefined], ...others] = Object.entries(value);
  if (others.length > 0) return false;
  return key === "command" ? Array.isArray(inner) : (key === "env" || key === "file") && typeof inner === "string";
}
