/* The plumbing: RFC 8555 and its relatives, one function for each thing a client says to a CA. */
export {
  type Account,
  changeAccountKey,
  createAccount,
  deactivateAccount,
  findAccount,
  getAccount,
  type NewAccount,
  updateAccount,
} from "./account.ts";
export {
  type Authorization,
  type Challenge,
  deactivateAuthorization,
  getAuthorization,
  getAuthorizations,
} from "./authorization.ts";
export { type DownloadedChain, type DownloadOptions, downloadCertificate } from "./certificate.ts";
export {
  answerChallenge,
  dns01Record,
  dnsAccount01Record,
  dnsPersist01Record,
  http01Resource,
  keyAuthorization,
  tlsAlpn01Proof,
} from "./challenge.ts";
export {
  type AcmeAnswer,
  type AcmeClient,
  type AcmeClientOptions,
  type CallOptions,
  createAcmeClient,
} from "./client.ts";
export { type CertificateRequest, createCsr, readCsr } from "./csr.ts";
export type { Directory, DirectoryMeta } from "./directory.ts";
export type { CachedDirectory, DirectoryCache } from "./directory-source.ts";
export { acmeErrorCodes } from "./error-codes.ts";
export {
  generateKey,
  type KeyType,
  keyFingerprint,
  keyThumbprint,
  keyToPem,
  keyTypeOf,
  keyTypes,
  readKey,
} from "./keys.ts";
export {
  type CreatedOrder,
  createOrder,
  finalizeOrder,
  getOrder,
  type NewOrder,
  type Order,
  type OrderStatus,
} from "./order.ts";
export { type AuthorizationFailure, OrderError } from "./order-error.ts";
export { type PollOptions, waitForOrder } from "./poll.ts";
export { AcmeProblem, isProblem, type ProblemDocument } from "./problem.ts";
export { askRenewalInfo, certificateId, type RenewalInfo } from "./renewal-info.ts";
export { type RevocationReason, revocationReasons, revokeCertificate } from "./revocation.ts";
export { type CertificateInfo, isIssuedBy, matchesKey, parseChain, readCertificate } from "./x509.ts";
