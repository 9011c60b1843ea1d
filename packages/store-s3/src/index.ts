export { amazonEndpoint } from "./amazon.ts";
export type { CredentialFile, CredentialSource, CredentialWorld, S3Credentials } from "./credentials/credentials.ts";
export { findCredentials } from "./credentials/find.ts";
export { keepCredentials } from "./credentials/keep.ts";
export type { LeaseTimes } from "./s3-lease.ts";
export type { S3Options } from "./s3-options.ts";
export { type S3StoreOptions, s3Store } from "./s3-store.ts";
