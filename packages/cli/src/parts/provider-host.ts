import type { ProviderHost } from "@certwright/provider";
import type { Surroundings } from "../command.ts";
import { readSmallTextFile } from "../files.ts";

/** The world as the command hands it to providers, until `signal`. */
export function createProviderHost({ context, emit }: Surroundings, signal: AbortSignal): ProviderHost {
  const { ask } = context;
  return {
    fetch: context.fetch,
    signal,
    sleep: context.sleep,
    now: context.now,
    random: context.random,
    run: async (argv, options) => {
      const { cleanEnvironment, runProgram } = await import("@certwright/core/hooks");
      const env = { ...cleanEnvironment(context.env), ...options.env };
      const { exitCode, stdout, stderr } = await runProgram(argv, { ...options, env });
      return { exitCode, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
    },
    readFile: readSmallTextFile,
    onRequest: ({ instance, method, url, status, error, tries, milliseconds }) =>
      emit({
        type: "provider.request",
        provider: instance,
        method,
        url,
        ...(status === undefined ? {} : { status }),
        ...(error === undefined ? {} : { error }),
        tries,
        ms: milliseconds,
      }),
    ...(ask === undefined
      ? {}
      : {
          ask: async (message, until) => {
            await ask(`${message}\nPress Enter when done. `, until);
          },
        }),
  };
}
