export {
  type HookCertificate,
  type HookContext,
  type HookEvent,
  type HookFiles,
  type HookIssued,
  type HookNames,
  hookContextVersion,
} from "./context.ts";
export { cleanEnvironment } from "./environment.ts";
export { type HookErrorCode, hookErrorCodes } from "./error-codes.ts";
export { createExecTarget } from "./exec-target.ts";
export { HookError } from "./hook-error.ts";
export { hookReference } from "./reference.ts";
export { type Hook, type HookResult, type HookRun, type HookWorld, hookName, runHook } from "./run-hook.ts";
export { type Attempt, createRunHooks, type OrderHooks, type RunHooks, type RunHooksParts } from "./run-hooks.ts";
export { type ProgramOptions, type ProgramResult, runProgram } from "./run-program.ts";
export { hookVariables } from "./variables.ts";
