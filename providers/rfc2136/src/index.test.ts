import { conformance } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";
import { serveUpdates } from "./testing/update-server.ts";

conformance(provider, { test, serve: serveUpdates });
