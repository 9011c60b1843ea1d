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
export {
  CertwrightError,
  type ErrorDetails,
  isCertwrightError,
  ProviderError,
  type ProviderErrorCode,
  type ProviderErrorDetails,
  type ProviderOperation,
} from "./errors.ts";
export type { CallOptions, HttpClient, HttpOptions, OutgoingRequest, PageState, Query } from "./http.ts";
export type { OptionDefinition, OptionsSchema, OptionValues } from "./options.ts";
export type { Reply, Step } from "./reply.ts";
export { sameName } from "./same-name.ts";
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
