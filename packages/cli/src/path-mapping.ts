import { usageError } from "./errors.ts";

/** A path of HAProxy's own and what it is here: `/etc/ssl:/srv/haproxy/ssl`. @throws CertwrightError `CLI_USAGE` */
export function readMapping(text: string): { readonly haproxy: string; readonly local: string } {
  const [, haproxy, local] = /^(\/[^:]*):(\/[^:]*)$/.exec(text) ?? [];
  if (haproxy === undefined || local === undefined) {
    throw usageError(
      `--map ${JSON.stringify(text)} does not map one path to another`,
      "Write --map /etc/ssl:/srv/haproxy/ssl",
    );
  }
  return { haproxy, local };
}
