export { type Alias, type FollowAliasOptions, followAlias } from "./alias.ts";
export { type FoundCaa, findCaa } from "./caa.ts";
export { type CaaRequest, type CaaVerdict, caaPermits } from "./caa-permits.ts";
export { isBogus } from "./dnssec.ts";
export { type DnsErrorCode, dnsErrorCodes } from "./error-codes.ts";
export { DnsServersError, type ServerFailure } from "./errors.ts";
export { type Exchange, type ExchangeOptions, exchange } from "./exchange.ts";
export { type DnsAnswer, describeRcode, type ExtendedError, type Question } from "./message.ts";
export { isWildcard, isWithin, normalizeName, parents, relativeName, stripWildcard } from "./name.ts";
export { authoritativeServers, type ZoneServers, type ZoneServersOptions } from "./nameservers.ts";
export {
  type Clock,
  type TxtSighting,
  type TxtWatch,
  type WatchedTxt,
  type WatchTxtOptions,
  watchTxt,
} from "./propagation.ts";
export { type PropagationMode, waitForTxt } from "./propagation-modes.ts";
export { type Evidence, isVisible, type VisibilityRules } from "./propagation-policy.ts";
export { isPublicSuffix, type PublicSuffixKind, publicSuffixKind, registeredDomain } from "./public-suffix.ts";
export type {
  AddressRecord,
  CaaRecord,
  DnsRecord,
  DnsType,
  DsRecord,
  ServiceRecord,
  SoaRecord,
  TargetRecord,
  TxtRecord,
} from "./record.ts";
export { createResolver, type QueryOptions, type Resolver, type ResolverOptions } from "./resolver.ts";
export {
  type DnsServer,
  formatServer,
  type HttpsServer,
  type PlainServer,
  parseServer,
  systemServers,
} from "./server.ts";
export { describeSighting, type Observation, type SightingState } from "./sighting.ts";
export { type TsigAlgorithm, type TsigKey, tsigHashes } from "./tsig-key.ts";
export { type SendUpdateOptions, sendUpdate } from "./update.ts";
export type { TxtAddition, TxtRemoval, Update } from "./update-message.ts";
export { type FindZoneOptions, type FoundZone, findZone } from "./zone.ts";
export { type CheckServersOptions, checkServers, type ServerHealth } from "./zone-health.ts";
