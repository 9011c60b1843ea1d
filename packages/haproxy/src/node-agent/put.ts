import { type Bundle, readBundle } from "../certificate/pem.ts";
import type { HaproxyEvent } from "../events.ts";
import { readNameIndex } from "../push/many-names.ts";
import { push } from "../push/push.ts";
import { type ManyOutcome, pushMany } from "../push/push-many.ts";
import type { PushRequest, PushResult } from "../push/push-request.ts";
import { settingsOf } from "../push/settings.ts";
import { refuseList, refuseNames } from "./allow-list.ts";
import { refusedBy } from "./answer.ts";
import type { PutAsk } from "./ask.ts";
import type { Client } from "./client.ts";
import type { Memory } from "./conversation.ts";
import { refuseIssuer } from "./issuer.ts";
import { createLog } from "./log.ts";
import { namesOf } from "./names-of.ts";
import { type Office, verifyAt } from "./office.ts";
import { permitOf } from "./permit.ts";

/** Makes certificates live that a client brought. Each gets its answer; nothing is thrown. */
export async function putAll(
  asks: readonly PutAsk[],
  { label, tell }: Client,
  memory: Memory,
  office: Office,
): Promise<void> {
  const log = createLog(label, office);
  const refuse = ({ id }: PutAsk, name: string, error: unknown) => {
    log.failed(name, error);
    tell({ say: "refused", id, error: refusedBy(error) });
  };
  /** Those without an answer. */
  const open = new Map<PutAsk, Bundle>();
  for (const ask of asks) {
    try {
      open.set(ask, readAllowed(ask, office));
    } catch (error) {
      refuse(ask, ask.certificate ?? "", error);
    }
  }
  const fail = (ask: PutAsk, error: unknown) => {
    const name = ask.certificate ?? open.get(ask)?.names[0] ?? "";
    if (open.delete(ask)) refuse(ask, name, error);
  };
  const end = (ask: PutAsk, result: PushResult) => {
    if (!open.delete(ask)) return;
    log.done(result);
    tell({ say: "done", id: ask.id, result });
  };
  try {
    await pushAll(open, memory, office, {
      fail,
      end,
      step: ({ id }, event) => tell({ say: "step", id, event }),
      warn: (message) => office.emit({ type: "warning", code: "DEPLOY_WARNING", message }),
    });
  } catch (error) {
    for (const ask of [...open.keys()]) fail(ask, error);
  }
}

/** Everything that is refused without asking HAProxy. @throws HaproxyError */
function readAllowed(ask: PutAsk, { allow }: Office): Bundle {
  refuseList(ask.add, allow);
  const bundle = readBundle(ask);
  refuseNames(namesOf(bundle), allow);
  refuseIssuer(bundle, allow);
  return bundle;
}

interface Telling {
  fail(ask: PutAsk, error: unknown): void;
  end(ask: PutAsk, result: PushResult): void;
  step(ask: PutAsk, event: HaproxyEvent): void;
  warn(message: string): void;
}

/** @throws what concerns all of them */
async function pushAll(
  bundles: ReadonlyMap<PutAsk, Bundle>,
  memory: Memory,
  office: Office,
  { fail, end, step, warn }: Telling,
): Promise<void> {
  const { node, allow } = office;
  const unnamed = [...bundles.keys()].filter(({ certificate }) => certificate === undefined);
  if (unnamed.length > 1) memory.index ??= await readIndex(office);
  const asked = new Map([...bundles].map(([ask, bundle]) => [requestFor(ask, bundle, memory, office), ask]));
  const context = { ...office.context, permit: permitOf(allow) };
  const [first, ...others] = asked;
  if (first !== undefined && others.length === 0) {
    const [request, ask] = first;
    end(ask, await push(node, request, { ...context, onEvent: (event) => step(ask, event) }));
  } else if (first !== undefined) {
    const onOutcome = (outcome: ManyOutcome) => {
      const request = outcome.kind === "failed" ? outcome.request : requestOf(outcome.result, asked, bundles);
      const ask = request && asked.get(request);
      if (ask === undefined) return;
      if (outcome.kind === "failed") fail(ask, outcome.error);
      else end(ask, outcome.result);
    };
    const { warnings } = await pushMany(node, asked.keys(), { ...context, onOutcome });
    warnings.forEach(warn);
  }
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

function requestFor(
  { chain, key, certificate, add, as }: PutAsk,
  bundle: Bundle,
  { index }: Memory,
  { map, check, allowFewerNames }: Office,
): PushRequest {
  const found = certificate === undefined ? index?.find(bundle) : undefined;
  const name = certificate ?? found;
  return {
    pem: { chain, key },
    allowFewerNames,
    verify: verifyAt(check, bundle.names),
    ...(name === undefined ? {} : { certificate: name }),
    ...(add === undefined || found !== undefined ? {} : { add: { list: add, ...(as === undefined ? {} : { as }) } }),
    ...(map.length === 0 ? {} : { disk: { map } }),
  };
}

/** Two requests may bring one certificate to two names. */
function requestOf(
  { name, fingerprint256 }: PushResult,
  asked: ReadonlyMap<PushRequest, PutAsk>,
  open: ReadonlyMap<PutAsk, Bundle>,
): PushRequest | undefined {
  const same = [...asked].filter(([, ask]) => open.get(ask)?.fingerprint256 === fingerprint256);
  const [found] = same.find(([{ certificate }]) => certificate === name) ?? same[0] ?? [];
  return found;
}
