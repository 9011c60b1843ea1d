export type { AcmeRow } from "./agent/acme-answers.ts";
export { parseAcmeVars } from "./agent/acme-vars.ts";
export { runAgent } from "./agent/agent.ts";
export type { Places } from "./agent/copies.ts";
export type { AcmeCertificate, SectionSettings } from "./agent/domains.ts";
export { type ConfigSource, loadAcmeConfig } from "./agent/load-config.ts";
export type { AgentOptions } from "./agent/office.ts";
export { defaultOrderLimits, type OrderLimits } from "./agent/orders.ts";
export type { PemPair } from "./certificate/pem.ts";
export { type CheckOptions, checkHaproxy } from "./check/check.ts";
export { haproxyCheckCodes } from "./check/error-codes.ts";
export {
  type DataplaneNode,
  type DataplaneTarget,
  parseDataplaneTarget,
} from "./dataplane/address.ts";
export type { FindPassword } from "./dataplane/open-api.ts";
export { type DataplaneTargetOptions, dataplaneTarget } from "./dataplane/target.ts";
export type { DiskOptions, PathMapping } from "./disk/files.ts";
export { type HaproxyErrorCode, haproxyErrorCodes } from "./error-codes.ts";
export { HaproxyError } from "./errors.ts";
export type { Emit, HaproxyEvent } from "./events.ts";
export { type Fleet, type FleetPolicy, nodesNeeded } from "./fleet/fleet.ts";
export { type Drift, lookForDrift } from "./fleet/fleet-drift.ts";
export { type FleetNode, findNodes, type NodeSource, type NodeSurroundings, readNode } from "./fleet/fleet-nodes.ts";
export {
  type FleetCertificates,
  type FleetPushOptions,
  type FleetReport,
  type FleetWorld,
  type NodeReport,
  pushToFleet,
} from "./fleet/fleet-push.ts";
export { fleetTarget, nodesOf } from "./fleet/fleet-target.ts";
export { bringToNewNodes, type NewNodesReport, newNodesListed } from "./fleet/new-nodes.ts";
export { createHaproxyHttpSolver, createStatelessHttpSolver, type HaproxyHttpOptions } from "./http-01.ts";
export type { AllowList } from "./node-agent/allow-list.ts";
export { readIssuers } from "./node-agent/issuer.ts";
export {
  type AgentCredentials,
  type NodeAgent,
  type NodeAgentOptions,
  startNodeAgent,
} from "./node-agent/node-agent.ts";
export { type OwnAcme, openOwnAcme } from "./own-acme.ts";
export type { AddRequest } from "./push/discover.ts";
export type { HandshakePoint } from "./push/handshake.ts";
export { push } from "./push/push.ts";
export { type ManyContext, type ManyOutcome, type ManySummary, pushMany } from "./push/push-many.ts";
export type { PushRequest, PushResult } from "./push/push-request.ts";
export { defaultLimits, type PushContext, type PushLimits } from "./push/settings.ts";
export type { Sight, Sights } from "./push/sights.ts";
export { type Connect, createConnect, type FindKey } from "./runtime/connect.ts";
export { isLocal, isReachedByTls, type Node, type NodeTls, parseNode, type SecretPlace } from "./runtime/node.ts";
export { openSession, type Session } from "./runtime/session.ts";
export { haproxyTarget, type TargetOptions } from "./target.ts";
export { parseTarget, type TargetAddress } from "./target-address.ts";
