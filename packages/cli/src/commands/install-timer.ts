import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeFolder } from "@certwright/core/store";
import type { CommandResult, Invocation } from "../command.ts";
import { findConfigFile, systemFile } from "../config/config-path.ts";
import { readConfigFile } from "../config/read-config-file.ts";
import type { installTimerFlags } from "../declarations/service.ts";
import { cliError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { unitFiles } from "../serve/units.ts";
import { stateLocation, systemState } from "../state/location.ts";
import { writeNewFile } from "../write-new-file.ts";

/** Writes the units; a unit that is there and says something else is somebody's own. */
export async function run({ flags, global, context }: Invocation<typeof installTimerFlags>): Promise<CommandResult> {
  const isUser = flags.user;
  // The one other commands use here; units start elsewhere, and find the machine's by themselves.
  const found = await findConfigFile(flags.config, context);
  const config = found === systemFile ? undefined : found;
  // One with faults, or not there yet, is told by what the units run.
  const read = await readConfigFile(config ?? systemFile).catch(() => undefined);
  const location = stateLocation(global, { ...context, root: !isUser }, read);
  const place = location.kind === "directory" ? location.path : `s3://${location.bucket}/${location.prefix}`;
  const units = unitFiles({
    program: context.program,
    config,
    isUser,
    ...(global.state === undefined ? {} : { state: place }),
    ...(location.kind === "directory" && location.path !== systemState ? { stateDirectory: location.path } : {}),
  });
  if (flags.dryRun) {
    return {
      exitCode: exitCodes.done,
      result: { units: Object.fromEntries(units) },
      lines: [...units].flatMap(([name, text]) => [`# ${name}`, ...text.split("\n")]),
    };
  }
  const usual = isUser
    ? join(context.env.XDG_CONFIG_HOME ?? join(context.home, ".config"), "systemd/user")
    : "/etc/systemd/system";
  const dir = resolve(context.cwd, flags.dir ?? usual);
  const wanted: (readonly [path: string, text: string])[] = [];
  for (const [name, text] of units) {
    const path = join(dir, name);
    const there = await readFile(path, "utf8").catch(() => undefined);
    if (there === text) continue;
    if (there !== undefined) {
      throw cliError("CLI_FILE_EXISTS", `${path} is there already and differs; nothing was written`, {
        hint: "Move it away, or keep your changes in a drop-in: systemctl edit.",
      });
    }
    wanted.push([path, text]);
  }
  makeFolder(dir, new Set(), 0o755);
  for (const [path, text] of wanted) await writeNewFile(path, text);
  const systemctl = `systemctl${isUser ? " --user" : ""}`;
  return {
    exitCode: exitCodes.done,
    result: { dir, written: wanted.map(([path]) => path) },
    lines: [
      ...(wanted.length === 0 ? ["every unit is there already"] : wanted.map(([path]) => `written: ${path}`)),
      `State is in ${place}; \`certwright list\` shows what is there.`,
      `Next: ${systemctl} daemon-reload, then one of`,
      `  ${systemctl} enable --now certwright-renew.timer`,
      `  ${systemctl} enable --now certwright.service`,
    ],
  };
}
