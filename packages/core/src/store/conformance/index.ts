export { type ConformanceOptions, type StoreUnderTest, storeConformance } from "./conformance.ts";
