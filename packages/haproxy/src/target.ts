import type {
  DeployableCertificate,
  DeployContext,
  DeployOutcome,
  DeployTarget,
  WantedCertificate,
} from "@certwright/core";
import type { HaproxyEvent } from "./events.ts";
import type { Replacement } from "./push/choose.ts";
import { foreseePush } from "./push/foresee.ts";
import { push } from "./push/push.ts";
import type { PushRequest, PushResult } from "./push/push-request.ts";
import type { PushContext } from "./push/settings.ts";
import { canonicalName } from "./runtime/names.ts";
import { parseTarget, type TargetAddress } from "./target-address.ts";

/** What a caller may change about a target. */
export type TargetOptions = Pick<PushContext, "limits" | "connect">;

/**
 * One HAProxy as a place certificates are deployed to.
 *
 * @param id as written in the configuration, `haproxy:/run/haproxy/admin.sock`; see `parseTarget`
 * @throws HaproxyError HAPROXY_NODE_ADDRESS, HAPROXY_PLAINTEXT_REFUSED
 */
export function haproxyTarget(id: string, options: TargetOptions = {}): DeployTarget {
  const address = parseTarget(id);
  return {
    id,
    async deploy(certificate: DeployableCertificate, { signal, now, step }: DeployContext): Promise<DeployOutcome> {
      const onEvent = (event: HaproxyEvent) => step(...describe(event));
      return outcomeOf(
        await push(address.node, requestFor(address, certificate), { ...options, signal, now, onEvent }),
      );
    },
    foresee: (wanted, { signal, now }) =>
      foreseePush(address.node, placeFor(address.request, wanted), replacementOf(wanted), { ...options, signal, now }),
  };
}

/** What is known of a certificate before there is one. */
export function replacementOf({ identifiers, keyType }: WantedCertificate): Replacement {
  return {
    names: identifiers.map(({ value }) => canonicalName(value)),
    keyType: keyType.startsWith("rsa") ? "rsa" : "ecdsa",
  };
}

/** Where a certificate goes: a new one is named after it. */
export function placeFor(
  request: TargetAddress["request"],
  { name }: Pick<DeployableCertificate, "name">,
): TargetAddress["request"] {
  if (request.add === undefined) return request;
  return { ...request, add: { as: `${name.replaceAll("*", "_")}.pem`, ...request.add } };
}

/** What to push where a target is to get a certificate. */
export function requestFor(
  { request, check }: Pick<TargetAddress, "request" | "check">,
  certificate: DeployableCertificate,
): PushRequest {
  const sni = serverName(certificate);
  return {
    ...placeFor(request, certificate),
    pem: { key: certificate.keyPem, chain: certificate.leafPem + certificate.chainPem },
    verify: { handshake: check.map((point) => ({ ...point, ...(sni === undefined ? {} : { sni }) })) },
  };
}

/** The outcome of a deployment that was a push. */
export function outcomeOf(done: PushResult): DeployOutcome {
  const { instances, pid } = done;
  return outcomeAt(done, ` in ${instances} ${instances === 1 ? "place" : "places"}, worker ${pid}`, `, worker ${pid}`);
}

/** The same, with what there is to say of where it was put, and of where it was found. */
export function outcomeAt(done: PushResult, put: string, found = put): DeployOutcome {
  const { name, served, reloadNeeded, warnings } = done;
  const details: Record<PushResult["action"], string> = {
    updated: `${name} replaced${put}`,
    added: `${name} added${put}`,
    unchanged: `${name} is there already${found}`,
    "reload-needed": `${name} is not live: ${reloadNeeded}`,
  };
  return {
    action: done.action === "reload-needed" ? "stored" : done.action,
    served,
    detail: details[done.action],
    warnings,
    ...(reloadNeeded === undefined ? {} : { reloadNeeded }),
  };
}

/** A name a client would really send; any will do under a wildcard. */
export function serverName({ identifiers }: Pick<DeployableCertificate, "identifiers">): string | undefined {
  return identifiers.find(({ type }) => type === "dns")?.value.replace(/^\*\./, "certwright-check.");
}

/** An event as a step of a deployment. */
export function describe(event: HaproxyEvent): [step: string, detail?: string] {
  switch (event.type) {
    case "waiting":
      return ["waiting", event.behind === undefined ? "certificates are locked" : `behind ${event.behind}`];
    case "foreign-transaction-aborted":
      return [
        "aborted",
        `a transaction left open for ${event.certificate} ${Math.round(event.openForMs / 1000)} s ago`,
      ];
    case "written":
    case "restored":
      return [event.type, event.path];
    case "committed":
      return [
        "committed",
        event.instances === undefined ? event.certificate : `${event.certificate}, ${event.instances} rebuilt`,
      ];
    case "attached":
      return ["attached", `${event.certificate} to ${event.list}`];
    case "reloaded":
      return ["reloaded", event.certificate];
    case "verified":
      return ["verified", `worker ${event.pid}`];
    case "handshake":
      return ["handshake", event.sni === "" ? event.address : `${event.address} for ${event.sni}`];
    case "put-back":
      return ["put back", event.certificate];
    case "retrying":
      return ["retrying", event.reason];
  }
}
