import type { EventTable, serverStateJson, txtRecordJson } from "./json/event-table.ts";
import type { JsonOf, JsonUnion } from "./json/json-type.ts";

/** One TXT value somebody waits for, or sets, or removes. */
export type TxtEventRecord = JsonOf<typeof txtRecordJson>;

/** What one name server said when asked for one value. */
export type ServerState = JsonOf<typeof serverStateJson>;

/**
 * Everything the engine tells while it works. Libraries never print: whoever called renders these.
 * `certificate` is the certificate's name in the store. Values are plain JSON; none is ever a secret.
 */
export type CertwrightEvent = JsonUnion<"type", EventTable>;

/** Receives every event, in order. MUST NOT throw. */
export type Emit = (event: CertwrightEvent) => void;
