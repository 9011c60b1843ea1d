export type { LeaseTimes } from "./s3-lease.ts";
export type { S3Options } from "./s3-options.ts";
export { type S3StoreOptions, s3Store } from "./s3-store.ts";
