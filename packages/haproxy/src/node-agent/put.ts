import { isIP } from "node:net";
import { readRegularFile } from "../disk.ts";
import { HaproxyError } from "../errors.ts";
import type { FilePlan } from "../files.ts";
import { readNameIndex } from "../many-names.ts";
import { covers } from "../names.ts";
import { type Bundle, readBundle, readLeafPem } from "../pem.ts";
import { push } from "../push.ts";
import { type ManyOutcome, pushMany } from "../push-many.ts";
import type { PushRequest } from "../push-request.ts";
import { type Permit, settingsOf } from "../settings.ts";
import { outcomeOf, serverName } from "../target.ts";
import { refuseChange, refuseList, refuseNames } from "./allow-list.ts";
import { refusedBy } from "./answer.ts";
import type { PutAsk } from "./ask.ts";
import type { Client } from "./client.ts";
import type { Memory } from "./conversation.ts";
import { refuseIssuer } from "./issuer.ts";
import type { Office } from "./office.ts";

/** Makes certificates live that clients brought. Each gets its answer; nothing is thrown. */
export async function putAll(asks: readonly PutAsk[], client: Client, memory: Memory, office: Office): Promise<void> {
  const open = new Map<PushRequest, PutAsk>();
  const { tell } = client;
  const log = createLog(client.label, office);
  const fail = (ask: PutAsk, name: string, error: unknown) => {
    log.failed(name, error);
    tell({ say: "refused", id: ask.id, error: refusedBy(error) });
  };
  const bundles = new Map<PutAsk, Bundle>();
  for (const ask of asks) {
    try {
      bundles.set(ask, readAllowed(ask, office));
    } catch (error) {
      fail(ask, ask.certificate ?? "", error);
    }
  }
  const nameOf = (request: PushRequest, ask: PutAsk) => request.certificate ?? bundles.get(ask)?.names[0] ?? "";
  const onOutcome = (outcome: ManyOutcome) => {
    const request = outcome.kind === "failed" ? outcome.request : requestOf(outcome.result, open, bundles);
    const ask = request && open.get(request);
    if (request === undefined || ask === undefined) return;
    open.delete(request);
    if (outcome.kind === "failed") return fail(ask, nameOf(request, ask), outcome.error);
    log.done(outcome.result);
    tell({ say: "done", id: ask.id, result: outcome.result });
  };
  try {
    const unnamed = [...bundles.keys()].filter(({ certificate }) => certificate === undefined);
    if (unnamed.length > 1) memory.index ??= await readIndex(office);
    for (const [ask, bundle] of bundles) open.set(requestOfAsk(ask, bundle, memory, office), ask);
    const context = { ...office.context, permit: permitOf(office) };
    const [first, ...others] = open;
    if (first !== undefined && others.length === 0) {
      const [request, { id }] = first;
      const result = await push(office.node, request, {
        ...context,
        onEvent: (event) => tell({ say: "step", id, event }),
      });
      onOutcome({ kind: "done", result });
    } else if (first !== undefined) {
      const { warnings } = await pushMany(office.node, open.keys(), { ...context, onOutcome });
      for (const message of warnings) office.emit({ type: "warning", code: "DEPLOY_WARNING", message });
    }
  } catch (error) {
    for (const [request, ask] of open) fail(ask, nameOf(request, ask), error);
  }
}

/** Everything that is refused without asking HAProxy. @throws HaproxyError */
function readAllowed(ask: PutAsk, { allow }: Office): Bundle {
  refuseList(ask.add, allow);
  const bundle = readBundle(ask);
  refuseNames(bundle.names, allow);
  refuseIssuer(bundle, allow);
  return bundle;
}

async function readIndex({ node, context }: Office): Promise<Memory["index"]> {
  const settings = settingsOf(node, context);
  const session = await settings.open();
  try {
    return await readNameIndex(session, settings);
  } finally {
    session.close();
  }
}

function requestOfAsk(
  { chain, key, certificate, add, as }: PutAsk,
  bundle: Bundle,
  { index }: Memory,
  { map, check, allowFewerNames }: Office,
): PushRequest {
  const found = certificate === undefined ? index?.find(bundle) : undefined;
  const name = certificate ?? found;
  const identifiers = bundle.names.map((value) => ({
    type: isIP(value) > 0 ? ("ip" as const) : ("dns" as const),
    value,
  }));
  const sni = serverName({ identifiers });
  return {
    pem: { chain, key },
    allowFewerNames,
    verify: { handshake: check.map((point) => ({ ...point, ...(sni === undefined ? {} : { sni }) })) },
    ...(name === undefined ? {} : { certificate: name }),
    ...(add === undefined || found !== undefined ? {} : { add: { list: add, ...(as === undefined ? {} : { as }) } }),
    ...(map.length === 0 ? {} : { disk: { map } }),
  };
}

/** Two requests may bring one certificate to two names. */
function requestOf(
  { name, fingerprint256 }: { readonly name: string; readonly fingerprint256: string },
  open: ReadonlyMap<PushRequest, PutAsk>,
  bundles: ReadonlyMap<PutAsk, Bundle>,
): PushRequest | undefined {
  const same = [...open].filter(([, ask]) => bundles.get(ask)?.fingerprint256 === fingerprint256);
  const [found] = same.find(([{ certificate }]) => certificate === name) ?? same[0] ?? [];
  return found;
}

function permitOf({ allow }: Office): Permit {
  return async (bundle, { name, present, plan }) => {
    refuseChange(name, present, allow);
    if (present === undefined) await refuseOtherFile(bundle, name, plan);
  };
}

/** A file HAProxy does not have may be somebody else's: another certificate, a CA. Ours is there after a push that was cut. */
async function refuseOtherFile(bundle: Bundle, name: string, plan: FilePlan): Promise<void> {
  if (plan.kind === "none") return;
  const file = await readRegularFile(plan.certificate);
  if (file === undefined || isForSameNames(file.toString("latin1"), bundle)) return;
  throw new HaproxyError(
    "HAPROXY_AGENT_PLACE",
    `${plan.certificate} is there, and is not a certificate of these names.`,
    {
      certificate: name,
      hint: "Give the new certificate another file name, or remove the file on the node.",
    },
  );
}

function isForSameNames(text: string, bundle: Bundle): boolean {
  try {
    const { names } = readLeafPem(text);
    return names.length > 0 && names.every((each) => covers(bundle.names, each));
  } catch {
    return false;
  }
}

/** Who brought what, for the log. */
function createLog(client: string, { node, emit }: Office) {
  return {
    done(result: Awaited<ReturnType<typeof push>>) {
      const { action, detail, warnings = [], reloadNeeded } = outcomeOf(result);
      const about = { certificate: result.name, target: node.id };
      emit({ type: "deploy.finished", ...about, action, detail: `${detail}; brought by ${client}` });
      for (const message of warnings)
        emit({ type: "warning", code: "DEPLOY_WARNING", message, certificate: result.name });
      if (reloadNeeded !== undefined) {
        const message = `${node.id} serves it only after a reload: ${reloadNeeded}`;
        emit({ type: "warning", code: "DEPLOY_RELOAD_NEEDED", message, certificate: result.name });
      }
    },
    failed(certificate: string, error: unknown) {
      const { code, message, hint } = refusedBy(error);
      const about = { certificate, target: node.id, code, message: `${message} Brought by ${client}.` };
      emit({ type: "deploy.failed", ...about, ...(hint === undefined ? {} : { hint }) });
    },
  };
}
