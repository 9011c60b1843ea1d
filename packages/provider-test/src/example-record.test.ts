import { test } from "vitest";
import { conformance } from "./conformance.ts";
import { exampleRecordApi } from "./example-apis.ts";
import provider from "./example-record.ts";

conformance(provider, { test, api: exampleRecordApi });
