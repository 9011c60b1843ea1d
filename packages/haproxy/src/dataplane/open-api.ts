import { HaproxyError } from "../errors.ts";
import type { Emit } from "../events.ts";
import { defaultLimits, type PushContext, type PushLimits } from "../push/settings.ts";
import type { FindKey } from "../runtime/connect.ts";
import type { DataplaneNode } from "./address.ts";
import type { Process } from "./answers.ts";
import { type Answer, type Api, getProcess, getVersion } from "./api.ts";
import { openExchange } from "./exchange.ts";
import { refusedByApi } from "./refused.ts";

/** Finds the password of a node's user. @throws CertwrightError of whoever knows where passwords are */
export type FindPassword = (node: DataplaneNode) => Promise<string>;

/** The world of a Data Plane API. */
export interface DataplaneContext extends Pick<PushContext, "signal" | "now" | "onEvent" | "limits"> {
  /** Needed where the node names a user. */
  readonly password?: FindPassword;
  /** Needed where a client key is in no file. */
  readonly key?: FindKey;
}

/** An API and the bounds of what is done there. */
export interface Desk {
  readonly api: Api;
  readonly node: DataplaneNode;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly emit: Emit;
  readonly limits: PushLimits;
  /** The running process as it is now; many who want to know at the same time ask once. */
  readonly process: () => Promise<Answer<Process | { readonly error: string }>>;
}

/**
 * Opens an API and asks whether it is one.
 *
 * @throws HaproxyError HAPROXY_API_DENIED, HAPROXY_API_UNSUPPORTED, HAPROXY_API_PASSWORD, and those of `Exchange`
 */
export async function openApi(node: DataplaneNode, context: DataplaneContext): Promise<Desk> {
  const limits = { ...defaultLimits, ...context.limits };
  const { signal, now, onEvent: emit = () => {} } = context;
  const password = async () => {
    if (context.password) return await context.password(node);
    throw new HaproxyError("HAPROXY_API_PASSWORD", `Nothing says what the password of ${node.id} is.`, {
      node: node.id,
      hint: "Refer to it with password=env:NAME or password=file:PATH in the address.",
    });
  };
  const exchange = await openExchange(node, { signal, timeout: limits.answerTimeout, password, key: context.key });
  const api: Api = { ...exchange, node };
  try {
    const version = await askVersion(api);
    if ("failure" in version) throw refusedByApi(api, "its version", version.failure);
    return { api, node, signal, now, emit, limits, process: together(() => getProcess(api)) };
  } catch (error) {
    exchange.close();
    throw error;
  }
}

/** One question for all who come while another is under way: each gets what was asked after it came. */
function together<T>(ask: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= current.then(
      () => start(),
      () => start(),
    );
    return next;
  };
  function start(): Promise<T> {
    next = undefined;
    const asked = ask();
    current = asked;
    return asked;
  }
}

async function askVersion(api: Api): Promise<Answer<string>> {
  const unsupported = (cause?: unknown) =>
    new HaproxyError("HAPROXY_API_UNSUPPORTED", `${api.node.id} is no Data Plane API of version 3.`, {
      node: api.node.id,
      ...(cause === undefined ? {} : { cause }),
      hint: "Give the URL without a path; version 3 comes with Data Plane API 3.0 and later.",
    });
  try {
    const version = await getVersion(api);
    if (!("failure" in version)) return version;
    if (["absent", "no-runtime", "exists"].includes(version.failure.kind)) throw unsupported();
    return version;
  } catch (error) {
    if (error instanceof HaproxyError && error.code === "HAPROXY_UNEXPECTED_ANSWER") throw unsupported(error);
    throw error;
  }
}
