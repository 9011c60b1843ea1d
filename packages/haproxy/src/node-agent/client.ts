import type { TLSSocket } from "node:tls";
import type { Emit } from "@certwright/core";
import { readLeaf } from "../certificate/leaf.ts";
import type { HaproxyError } from "../errors.ts";
import { addressOf } from "../push/handshake.ts";
import { type Answer, refusedBy } from "./answer.ts";

/** A client that has proved itself. */
export interface Client {
  /** The names it proved to have: those of its certificate, and its common name. */
  readonly names: readonly string[];
  /** When its certificate ends, milliseconds since 1970. */
  readonly validUntil: number;
  /** For people and logs. */
  readonly label: string;
  tell(answer: Answer): void;
  /** Says why, to it and in the log, and ends. */
  refuse(error: HaproxyError): void;
  /** Ends. */
  leave(): void;
}

// Answers it does not read.
const mostUnread = 8 * 1024 * 1024;

export function clientAt(socket: TLSSocket, emit: Emit): Client {
  const names = namesOf(socket);
  const { remoteAddress: host = "an unknown address", remotePort: port = 0 } = socket;
  const label = `${names[0] ?? "a client without a name"} at ${addressOf({ host, port })}`;
  // What ends it is seen by its end.
  socket.on("error", () => {});
  const tell = (answer: Answer) => {
    if (!socket.writable) return;
    socket.write(`${JSON.stringify(answer)}\n`);
    if (socket.writableLength > mostUnread) socket.destroy();
  };
  const leave = () => {
    socket.end();
    // For one who keeps its own side open.
    setTimeout(() => socket.destroy(), 1_000).unref();
  };
  return {
    names,
    validUntil: Date.parse(socket.getPeerCertificate().valid_to),
    label,
    tell,
    leave,
    refuse(error) {
      emit({ type: "warning", code: error.code, message: `${error.message} It is ${label}.` });
      tell({ say: "refused", error: refusedBy(error) });
      leave();
    },
  };
}

function namesOf(socket: TLSSocket): readonly string[] {
  const { raw, subject } = socket.getPeerCertificate();
  const common: unknown = subject?.CN;
  // One certificate may hold several; then none of them is its name.
  return [...new Set([...alternativeNames(raw), ...(typeof common === "string" ? [common] : [])])];
}

function alternativeNames(der: Buffer): readonly string[] {
  try {
    return readLeaf(der).names;
  } catch {
    return [];
  }
}
