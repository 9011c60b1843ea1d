import { test } from "vitest";
import { conformance } from "./conformance.ts";
import { exampleRecordSetApi } from "./example-apis.ts";
import provider from "./example-record-set.ts";

conformance(provider, { test, api: exampleRecordSetApi });
