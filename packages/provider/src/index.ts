export type { ProviderContext, RunResult } from "./context.ts";
export {
  type DefinedProvider,
  defineProvider,
  type ProviderDefinition,
  type ProviderLimit,
  type ProviderTraits,
  providerApiVersion,
  type SetupResult,
  type Tested,
} from "./define.ts";
export { providerErrorCodes } from "./error-codes.ts";
export {
  asError,
  CertwrightError,
  type ErrorDetails,
  isCertwrightError,
  messageOf,
  ProviderError,
  type ProviderErrorCode,
  type ProviderErrorDetails,
  type ProviderOperation,
} from "./errors.ts";
export type { ProviderHost, ProviderRequest, RunOptions } from "./host.ts";
export type { CallOptions, HttpClient, HttpOptions, OutgoingRequest, PageState, Query } from "./http.ts";
export { type JwtParts, signJwt } from "./jwt.ts";
export { type LimitedOptions, mapLimited } from "./limited.ts";
export { createLocks, type Locks } from "./locks.ts";
export { type ContextParts, makeContext } from "./make-context.ts";
export { createMasker, type Masker, maskError, printable } from "./mask.ts";
export { nearest } from "./nearest.ts";
export {
  cachedToken,
  clientCredentials,
  type IssuedToken,
  jwtBearer,
  type TokenRequest,
  type TokenSource,
} from "./oauth.ts";
export { type OpenOptions, openProvider, type ProviderHandle } from "./open.ts";
export {
  allOptions,
  describeOptions,
  type OptionDefinition,
  type OptionRow,
  type OptionsSchema,
  type OptionValues,
  secretsOf,
} from "./options.ts";
export { type OptionFault, type OptionSources, ProviderOptionsError, readOptions } from "./read-options.ts";
export { type RecordsById, recordsById } from "./records-by-id.ts";
export type { Refusal, RefusalKind } from "./refusal.ts";
export { type Reply, type ReplyContext, reply, type Step } from "./reply.ts";
export { sameName } from "./same-name.ts";
export type { SdkCalls, SdkFailure } from "./sdk-calls.ts";
export { setUpProvider } from "./set-up.ts";
export type {
  InSync,
  Provider,
  RecordSetShape,
  RecordShape,
  TxtRecord,
  TxtRecordSet,
  Zone,
  ZoneFinder,
  ZoneName,
  ZoneShape,
} from "./shapes.ts";
export {
  type CanonicalRequest,
  canonicalRequest,
  hmac,
  percentEncode,
  type SignatureScheme,
  sha256Hex,
  signRequest,
} from "./sign.ts";
export {
  type Signer,
  type SigningKey,
  type SigningScope,
  signAlibaba,
  signAws,
  signHuawei,
  signTencent,
  signVolcengine,
} from "./signatures.ts";
export { createSingleFlight, type SingleFlight } from "./single-flight.ts";
export { type Turnstile, turnstile } from "./turnstile.ts";
export { quote, split255, unquote } from "./txt.ts";
export { untilAborted } from "./until-aborted.ts";
export { path } from "./url.ts";
export { parseXml, type XmlElement, type XmlValue } from "./xml.ts";
export { escapeXml, writeXml, type XmlInput } from "./xml-write.ts";
export { type RpcCall, type RpcValue, type XmlRpcOptions, xmlRpc } from "./xmlrpc.ts";
export { candidates, parseZonePin, type ZonePin } from "./zone-name.ts";
