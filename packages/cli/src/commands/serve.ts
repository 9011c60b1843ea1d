import type { CommandResult, Invocation } from "../command.ts";
import { requireConfigFile } from "../config/open-config.ts";
import { readConfigFile } from "../config/read-config-file.ts";
import type { serveFlags } from "../declarations/service.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { watchConfig } from "../serve/config-changes.ts";
import { isLoopback, serviceAddress } from "../serve/loopback.ts";
import { runService } from "../serve/service.ts";
import { type StatusPages, startStatusServer } from "../serve/status-server.ts";
import { findSupervisor } from "../serve/systemd.ts";

/** Keeps what is configured until the process is told to stop. */
export async function run(invocation: Invocation<typeof serveFlags>): Promise<CommandResult> {
  const { flags, emit, context } = invocation;
  const file = await requireConfigFile(invocation);
  // Before it is read: a change in between would never be noticed.
  const changes = await watchConfig(file, context);
  const config = await readConfigFile(file);
  if (flags.listen !== undefined && !isLoopback(serviceAddress(flags.listen).host)) {
    throw usageError(
      `--listen ${flags.listen} is reached by other machines, and its pages name every certificate`,
      "Say so in the configuration, where it stays to be seen: serve: { listen: ... }.",
    );
  }
  const where = flags.listen ?? config.settings.serve.listen;
  const listen = async (pages: StatusPages): Promise<AsyncDisposable> => {
    if (where === undefined) return { [Symbol.asyncDispose]: async () => {} };
    const server = await startStatusServer(serviceAddress(where), pages);
    emit({ type: "service.listening", address: server.address });
    return { [Symbol.asyncDispose]: () => server.close() };
  };
  const supervisor = findSupervisor(context, (message) =>
    emit({
      type: "warning",
      code: "CLI_SUPERVISOR",
      message: `systemd cannot be told how the service goes: ${message}`,
      hint: "Its unit needs NotifyAccess=all, and the program systemd-notify on PATH.",
    }),
  );
  await runService({ invocation, config, changes, supervisor, listen });
  return { exitCode: exitCodes.done, result: { stopped: true }, lines: ["stopped"] };
}
