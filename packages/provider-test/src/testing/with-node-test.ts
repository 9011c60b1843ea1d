import { test } from "node:test";
import { conformance } from "../conformance.ts";
import { exampleZoneApi } from "../example-apis.ts";
import provider from "../example-zone.ts";

conformance(provider, { test, api: exampleZoneApi });
