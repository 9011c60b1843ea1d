export {
  type Account,
  changeAccountKey,
  createAccount,
  deactivateAccount,
  findAccount,
  getAccount,
  updateAccount,
} from "./acme/account.ts";
export { dnsPersist01Record, http01Resource, type TlsAlpnProof, tlsAlpn01Proof } from "./acme/challenge.ts";
export { type AcmeClient, createAcmeClient } from "./acme/client.ts";
export { createCsr, readCsr } from "./acme/csr.ts";
export {
  isOwnProof,
  parseStandingProof,
  type StandingProof,
  standingProofName,
  type WantedProof,
} from "./acme/dns-persist.ts";
export { acmeErrorCodes } from "./acme/error-codes.ts";
export type { ExternalAccount } from "./acme/external-account.ts";
export { generateKey, type KeyType, keyToPem, keyTypes, readKey, readKeyOrJwk } from "./acme/keys.ts";
export { OrderError } from "./acme/order-error.ts";
export { AcmeProblem } from "./acme/problem.ts";
export { askRenewalInfo, certificateId } from "./acme/renewal-info.ts";
export { revocationReasons, revokeCertificate } from "./acme/revocation.ts";
export { type CertificateInfo, isIssuedBy, matchesKey, parseChain, readCertificate as readX509 } from "./acme/x509.ts";
export { type DoctorOptions, examine } from "./doctor/doctor.ts";
export { doctorErrorCodes } from "./doctor/error-codes.ts";
export type { Finding } from "./doctor/finding.ts";
export type { Connect, Connected } from "./doctor/ports.ts";
export { coreErrorCodes } from "./error-codes.ts";
export type { CertwrightEvent, Emit, ServerState, TxtEventRecord } from "./events.ts";
export {
  type ChallengeType,
  type Identifier,
  parseIdentifier,
  sameIdentifiers,
  uniqueIdentifiers,
} from "./identifier.ts";
export { ChallengeError, type NameFailure } from "./issue/challenge-error.ts";
export { createDnsSolver, type DnsSolverOptions } from "./issue/dns-01.ts";
export { createPersistSolver, type PersistSolverOptions } from "./issue/dns-persist-01.ts";
export { type DnsBinding, type DnsPlacing, type PlacedRecord, placeRecord } from "./issue/dns-place.ts";
export { afterGrace } from "./issue/grace.ts";
export { type IssueJob, issue } from "./issue/issue.ts";
export { accountIdOf, type CaAccess, connectCa, openCa } from "./issue/open-ca.ts";
export { rollOver } from "./issue/roll-over.ts";
export type { Solver, Task, TaskFailure, TaskOutcome } from "./issue/solver.ts";
export { type FoundProof, lookForProof, noProof, type ProofLooking, type ServerProof } from "./issue/standing-proof.ts";
export { verifyChain } from "./issue/verify.ts";
export { deployable, deployCertificate, isLive, nextTargetState, type TargetResult } from "./manage/deploy.ts";
export type { ForeseenTarget } from "./manage/foresee.ts";
export { type Counters, type MeasuredCertificate, metricsText, shareUsed } from "./manage/metrics.ts";
export {
  type AlarmShares,
  type Audience,
  type News,
  type NewsEvent,
  newsOf,
  remember as rememberNews,
  type Told,
  unheard as unheardNews,
} from "./manage/news.ts";
export { type CaPool, createCaPool } from "./manage/obtain.ts";
export type { OrderHooks, Parts, Run } from "./manage/parts.ts";
export { type Action, dueMoment, planCertificate, type StoredFacts, type WaitingTarget } from "./manage/plan.ts";
export { renew } from "./manage/renew.ts";
export { type CertificateResult, type RenewOptions, renewCertificate } from "./manage/renew-certificate.ts";
export { type Rest, type RestingCertificate, restAsIssued } from "./manage/rest.ts";
export { type ServeOptions, serve, unkept } from "./manage/serve.ts";
export { removeLeftRecord, type Swept, sweep, undoEffect } from "./manage/sweep.ts";
export type {
  DeployableCertificate,
  DeployContext,
  DeployOutcome,
  DeployTarget,
  WantedCertificate,
} from "./manage/target.ts";
export { type LeasingRun, workAlone } from "./manage/work-alone.ts";
export type {
  CaSpec,
  CertificateSpec,
  ChallengeSpec,
  DnsSpec,
  KeyTypeName,
  PropagationSpec,
  SecretRef,
} from "./spec.ts";
export type { World } from "./world.ts";
