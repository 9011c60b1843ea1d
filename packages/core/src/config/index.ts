export type { CaUrl, ConfiguredCa } from "./check-authority.ts";
export type { CertificateHooks } from "./check-certificates.ts";
export type { ProviderLookup, ProviderSummary } from "./check-providers.ts";
export { type ConfiguredTarget, execTargetId } from "./check-targets.ts";
export { ConfigError, type ConfigFault, showFault } from "./config-error.ts";
export { type ConfigErrorCode, configErrorCodes } from "./error-codes.ts";
export { configExample } from "./example.ts";
export { exportTargetText } from "./export-target.ts";
export {
  type DataplaneAccess,
  type DataplanePush,
  dataplaneTargetText,
  type HaproxyPush,
  haproxyTargetText,
} from "./haproxy-target.ts";
export { configJsonSchema, schemaFile } from "./json-schema.ts";
export { type Config, type ConfigSources, readConfig } from "./read-config.ts";
export { configReference } from "./reference.ts";
export {
  largestSecret,
  resolveSecret,
  type SecretFile,
  type SecretOutput,
  type SecretSources,
} from "./resolve-secret.ts";
export { createSecretSources } from "./secret-sources.ts";
export type {
  CertificateConfig,
  ConfigFile,
  FleetConfig,
  NotificationConfig,
  ProviderConfig,
  TargetConfig,
} from "./table.ts";
export type { HookConfig } from "./table-hooks.ts";
export type { JsonSchema } from "./type.ts";
