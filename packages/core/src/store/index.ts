export {
  type AccountId,
  type AccountRecord,
  caName,
  leaseAccount,
  listAccounts,
  readAccount,
  readBinding,
  removeAccount,
  type StoredAccount,
  type StoredBinding,
  saveAccountKey,
  saveAccountRecord,
  saveBinding,
  settleAccountKey,
  stageAccountKey,
} from "./accounts.ts";
export { pathBeside, removeLeftBeside } from "./beside.ts";
export type { CertificateMeta, RenewalInfoState, Revocation, TargetState } from "./certificate-meta.ts";
export {
  locateCertificate,
  readCertificate,
  readCertificateMeta,
  readCertificateSpec,
  removeCertificate,
  type StoredCertificate,
  updateCertificateMeta,
} from "./certificates.ts";
export { copyState } from "./copy-state.ts";
export { flushFolder } from "./durable.ts";
export type { Effect, EffectKind, NewEffect } from "./effects.ts";
export { storeErrorCodes } from "./error-codes.ts";
export { removeFailures } from "./failures.ts";
export { makeFolder } from "./file-root.ts";
export { type FileStoreOptions, fileStore } from "./file-store.ts";
export { type FleetMember, updateFleetMembers } from "./fleet-members.ts";
export { eachFleetState, type FleetState, readFleetState, updateFleetState } from "./fleet-states.ts";
export { inOrder } from "./in-order.ts";
export { type Adopted, type Journal, openJournal } from "./journal.ts";
export { certificateFolders, eachCertificate, type ListedCertificate, listCertificates } from "./list-certificates.ts";
export { parseStateLocation, type StateLocation } from "./location.ts";
export { memoryState, memoryStore } from "./memory-store.ts";
export { certificateNameForm, checkFolder, checkKey, longestCertificateName, safeName } from "./names.ts";
export { removeOrder } from "./orders.ts";
export { checkSize, checkTarget, conflict } from "./refusals.ts";
export {
  discard,
  type FileAccess,
  type FilePlace,
  findPlace,
  putInPlace,
  type WrittenBeside,
  writeBeside,
} from "./replace-file.ts";
export { type Resealed, reseal } from "./reseal.ts";
export { saveCertificate } from "./save-certificate.ts";
export { type SealKeys, sealedStore } from "./seal.ts";
export { openSealed } from "./seal-check.ts";
export { type SealKey, sealKey } from "./seal-key.ts";
export type { Condition, Lease, LeaseOptions, Store, Stored, WriteOptions } from "./store.ts";
export { largestValue } from "./store.ts";
export { hasCode, type LeaseHolder, StoreError } from "./store-error.ts";
export { statesHere } from "./target-machine.ts";
export { openTold, type ToldFile } from "./told-file.ts";
export { tryStore } from "./try-store.ts";
export { type TellDamage, unlessDamaged } from "./unless-damaged.ts";
export { lockedError, pause } from "./waiting.ts";
