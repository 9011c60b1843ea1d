import type { DeployableCertificate, DeployContext, DeployOutcome, DeployTarget } from "@certwright/core";
import type { HaproxyEvent } from "../events.ts";
import { describe, outcomeAt, requestFor } from "../target.ts";
import { type DataplaneTarget, parseDataplaneTarget } from "./address.ts";
import { foreseeThroughApi } from "./foresee.ts";
import { lookAround } from "./look.ts";
import { type DataplaneContext, openApi } from "./open-api.ts";
import { pushThroughApi } from "./push.ts";
import { keepKnown, type Recall } from "./recall.ts";
import type { ApiPushRequest, ApiPushResult } from "./work.ts";

/** What a caller may say of a target. */
export type DataplaneTargetOptions = Pick<DataplaneContext, "limits" | "password" | "key">;

/**
 * One HAProxy as a place certificates are deployed to through its Data Plane API.
 *
 * @param id as written in the configuration, `dataplane:https://user@host:5555`; see `parseDataplaneTarget`
 * @throws HaproxyError HAPROXY_NODE_ADDRESS, HAPROXY_PLAINTEXT_REFUSED
 */
export function dataplaneTarget(id: string, options: DataplaneTargetOptions = {}): DeployTarget {
  const target = parseDataplaneTarget(id);
  let recall: Recall | undefined;
  return {
    id,
    async deploy(certificate: DeployableCertificate, { signal, now, step }: DeployContext): Promise<DeployOutcome> {
      const onEvent = (event: HaproxyEvent) => step(...describe(event));
      const desk = await openApi(target.node, { ...options, signal, now, onEvent });
      recall ??= keepKnown(now);
      const look = () => lookAround(desk, recall);
      try {
        const done = await pushThroughApi(desk, apiRequestFor(target, certificate), look);
        // That one is another now.
        recall(done.pid).delete(done.name);
        return outcomeOf(done);
      } catch (error) {
        recall = undefined;
        throw error;
      } finally {
        desk.api.close();
      }
    },
    foresee: (wanted, context) => foreseeThroughApi(target, wanted, { ...options, ...context }),
  };
}

/** What to push where a target is to get a certificate. */
export function apiRequestFor(target: DataplaneTarget, certificate: DeployableCertificate): ApiPushRequest {
  return { ...requestFor(target, certificate), mayReload: target.mayReload };
}

/** The outcome of a deployment that was a push through an API. */
export function outcomeOf(done: ApiPushResult): DeployOutcome {
  const { pid, reloaded } = done;
  return outcomeAt(done, `${reloaded ? ", after a reload" : ""}${pid === 0 ? "" : `, worker ${pid}`}`);
}
