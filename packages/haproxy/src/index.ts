export type { AcmeRow } from "./agent/acme-answers.ts";
export { acmeRenew, acmeStatus } from "./agent/acme-commands.ts";
export { parseAcmeVars } from "./agent/acme-vars.ts";
export { runAgent } from "./agent/agent.ts";
export type { Places } from "./agent/copies.ts";
export type { AcmeCertificate, SectionSettings } from "./agent/domains.ts";
export { type ConfigSource, loadAcmeConfig } from "./agent/load-config.ts";
export type { AgentOptions } from "./agent/office.ts";
export { defaultOrderLimits, type OrderLimits } from "./agent/orders.ts";
export { type CheckOptions, checkHaproxy } from "./check/check.ts";
export { haproxyCheckCodes } from "./check/error-codes.ts";
export {
  type DataplaneNode,
  type DataplaneTarget,
  type PasswordRef,
  parseDataplaneTarget,
} from "./dataplane/address.ts";
export type { FindPassword } from "./dataplane/open-api.ts";
export { type DataplaneTargetOptions, dataplaneTarget } from "./dataplane/target.ts";
export type { AddRequest } from "./discover.ts";
export { type HaproxyErrorCode, haproxyErrorCodes } from "./error-codes.ts";
export { HaproxyError } from "./errors.ts";
export type { Emit, HaproxyEvent } from "./events.ts";
export type { DiskOptions, PathMapping } from "./files.ts";
export { type Fleet, type FleetPolicy, nodesNeeded } from "./fleet.ts";
export { type Drift, lookForDrift } from "./fleet-drift.ts";
export { type FleetNode, findNodes, type NodeSource, type NodeSurroundings, readNode } from "./fleet-nodes.ts";
export {
  type FleetCertificates,
  type FleetPushOptions,
  type FleetReport,
  type FleetWorld,
  type NodeReport,
  pushToFleet,
} from "./fleet-push.ts";
export { fleetTarget, nodesOf } from "./fleet-target.ts";
export type { HandshakePoint } from "./handshake.ts";
export { createHaproxyHttpSolver, createStatelessHttpSolver, type HaproxyHttpOptions } from "./http-01.ts";
export { isLocal, isReachedByTls, type Node, type NodeTls, parseNode } from "./node.ts";
export { type AllowList, isNamePattern } from "./node-agent/allow-list.ts";
export { readIssuers } from "./node-agent/issuer.ts";
export {
  type AgentCredentials,
  type NodeAgent,
  type NodeAgentOptions,
  startNodeAgent,
} from "./node-agent/node-agent.ts";
export type { PemPair } from "./pem.ts";
export { push } from "./push.ts";
export { type ManyContext, type ManyOutcome, type ManySummary, pushMany } from "./push-many.ts";
export type { PushRequest, PushResult } from "./push-request.ts";
export { openSession, type Session } from "./session.ts";
export { defaultLimits, type PushContext, type PushLimits } from "./settings.ts";
export type { Sight, Sights } from "./sights.ts";
export { haproxyTarget, type TargetOptions } from "./target.ts";
export { parseTarget, type TargetAddress } from "./target-address.ts";
