import { asError } from "@certwright/provider/errors";
import type { Emit } from "../events.ts";
import type { CertificateSpec } from "../spec.ts";
import { type ToldError, toldOf } from "../told-of.ts";
import type { HookContext, HookIssued, HookNames } from "./context.ts";
import { type Hook, type HookWorld, runHook } from "./run-hook.ts";

/** Hooks around orders. Deploy hooks are targets, see `createExecTarget`. */
export interface OrderHooks {
  readonly pre: readonly Hook[];
  readonly post: readonly Hook[];
}

/** How an attempt to get a certificate ended. */
export type Attempt =
  | { readonly ok: true; readonly issued: Omit<HookIssued, "files"> }
  | { readonly ok: false; readonly error: Error };

/** The hooks of one run. */
export interface RunHooks {
  /**
   * Before a certificate is ordered: first, once in the run, the hooks of the run, then its own, one after another. One
   * that fails ends it; the certificate must then not be ordered, and `after` is called all the same.
   *
   * @throws HookError, and what `runHook` throws
   */
  before(spec: CertificateSpec, reason: string): Promise<void>;
  /** After the attempt, whether it succeeded or not: its own post hooks, if `before` was called. Never throws. */
  after(spec: CertificateSpec, attempt: Attempt): Promise<void>;
  /** After the last certificate: the run's post hooks, if there was an order. Never throws; returns every failure of a post hook. */
  finish(): Promise<readonly Error[]>;
}

/** What hooks of a run are made of. */
export interface RunHooksParts {
  /** Once a run, around all orders. */
  readonly run: OrderHooks;
  /** By certificate name. */
  readonly certificates: ReadonlyMap<string, OrderHooks>;
  readonly world: HookWorld;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/**
 * The hooks of one run. Post hooks run under their own time limit alone, after an abort too: what a pre hook stopped has to
 * be started again.
 */
export function createRunHooks({ run, certificates, world, signal, emit }: RunHooksParts): RunHooks {
  let opened: Promise<void> | undefined;
  const begun = new Set<string>();
  const renewed: HookNames[] = [];
  const failed: HookNames[] = [];
  const failures: Error[] = [];

  const inTurn = async (hooks: readonly Hook[], context: HookContext): Promise<void> => {
    for (const hook of hooks) await runHook(hook, context, world, { signal });
  };
  const eachOnItsOwn = async (hooks: readonly Hook[], context: HookContext, certificate?: string): Promise<void> => {
    for (const hook of hooks) {
      try {
        await runHook(hook, context, world, { signal: new AbortController().signal });
      } catch (cause) {
        const error = asError(cause);
        failures.push(error);
        emit({ type: "warning", ...toldOf(error), ...(certificate === undefined ? {} : { certificate }) });
      }
    }
  };

  return {
    async before(spec, reason) {
      begun.add(spec.name);
      opened ??= inTurn(run.pre, { event: "pre", scope: "run" });
      await opened;
      const hooks = certificates.get(spec.name)?.pre ?? [];
      await inTurn(hooks, { event: "pre", scope: "certificate", certificate: certificateOf(spec), reason });
    },
    async after(spec, attempt) {
      if (!begun.has(spec.name)) return;
      const certificate = certificateOf(spec);
      (attempt.ok ? renewed : failed).push({ name: certificate.name, domains: certificate.domains });
      const context: HookContext = {
        event: "post",
        scope: "certificate",
        certificate,
        ...(attempt.ok ? { issued: attempt.issued } : { error: withoutHint(attempt.error) }),
      };
      await eachOnItsOwn(certificates.get(spec.name)?.post ?? [], context, spec.name);
    },
    async finish() {
      if (opened !== undefined) await eachOnItsOwn(run.post, { event: "post", scope: "run", renewed, failed });
      return failures;
    },
  };
}

function certificateOf(spec: CertificateSpec): NonNullable<HookContext["certificate"]> {
  const [ca] = spec.cas;
  return {
    name: spec.name,
    domains: spec.identifiers.map(({ value }) => value),
    keyType: spec.keyType,
    ...(spec.profile === undefined ? {} : { profile: spec.profile }),
    ...(ca === undefined ? {} : { server: ca.directoryUrl }),
    ...(ca?.email === undefined ? {} : { email: ca.email }),
  };
}

function withoutHint(error: Error): Omit<ToldError, "hint"> {
  const { code, message } = toldOf(error);
  return { code, message };
}
