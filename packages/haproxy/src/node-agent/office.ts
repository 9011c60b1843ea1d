import { isIP } from "node:net";
import type { Emit } from "@certwright/core";
import type { PathMapping } from "../disk/files.ts";
import type { HandshakePoint } from "../push/handshake.ts";
import type { PushRequest } from "../push/push-request.ts";
import type { PushContext } from "../push/settings.ts";
import type { Node } from "../runtime/node.ts";
import { serverName } from "../target.ts";
import type { AllowList } from "./allow-list.ts";
import type { HttpAnswers } from "./http-answers.ts";

/** What a node agent works with. */
export interface Office {
  /** The HAProxy beside it. */
  readonly node: Exclude<Node, { kind: "agent" }>;
  readonly allow: AllowList;
  /** HAProxy's path prefixes and what they are here. */
  readonly map: readonly PathMapping[];
  /** Addresses that must present each certificate after its push; if they fail since, the former is put back. */
  readonly check: readonly Omit<HandshakePoint, "sni">[];
  /** Replace certificates even if the new one lacks names of theirs. */
  readonly allowFewerNames: boolean;
  readonly http: HttpAnswers;
  /** The signal ends all work; it is the agent's, not that of one client: what was begun is better ended than left. */
  readonly context: Omit<PushContext, "onEvent" | "permit">;
  readonly emit: Emit;
}

/** The handshakes that prove a certificate of these names. */
export function verifyAt(check: Office["check"], names: readonly string[]): NonNullable<PushRequest["verify"]> {
  const sni = serverName({ identifiers: names.map((value) => ({ type: isIP(value) > 0 ? "ip" : "dns", value })) });
  return { handshake: check.map((point) => ({ ...point, ...(sni === undefined ? {} : { sni }) })) };
}
