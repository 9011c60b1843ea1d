import { test } from "node:test";
import { conformance } from "../conformance.ts";
import { exampleRecordApi } from "../example-apis.ts";
import { brokenRecord } from "./broken.ts";

conformance(
  brokenRecord(() => ({ remove: async () => undefined })),
  { test, api: exampleRecordApi },
);
