import type { AcmeRow } from "../agent/acme-answers.ts";
import { acmeRenew, acmeStatus } from "../agent/acme-commands.ts";
import { HaproxyError, hasCode } from "../errors.ts";
import { settingsOf } from "../push/settings.ts";
import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import { showCertificate } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { refuseChange } from "./allow-list.ts";
import { refusedBy } from "./answer.ts";
import type { AcmeRenewAsk, AcmeStatusAsk } from "./ask.ts";
import type { Client } from "./client.ts";
import { createLog } from "./log.ts";
import type { Office } from "./office.ts";

/**
 * Tells of the certificates HAProxy obtains by itself, as far as clients may change them, or has it begin their orders.
 * Each gets its answer; nothing is thrown.
 */
export async function attendAcme(
  asks: readonly (AcmeStatusAsk | AcmeRenewAsk)[],
  { label, tell }: Client,
  office: Office,
): Promise<void> {
  const log = createLog(label, office);
  for (const ask of asks) {
    const { id } = ask;
    try {
      if (ask.op === "acme-status") {
        for (const row of await statusOf(office)) tell({ say: "acme", id, row });
        tell({ say: "well", id });
      } else {
        const begun = await renew(ask.certificate, office);
        log.ordered(ask.certificate, begun);
        tell({ say: "begun", id, begun });
      }
    } catch (error) {
      if (ask.op === "acme-renew") log.failed(ask.certificate, error);
      tell({ say: "refused", id, error: refusedBy(error) });
    }
  }
}

async function statusOf(office: Office): Promise<readonly AcmeRow[]> {
  return withSession(office, async (session) => {
    const rows = await acmeStatus(session);
    const mine = await Promise.all(
      rows.map(({ certificate }) =>
        permitted(session, certificate, office).then(
          () => true,
          (error: unknown) => {
            if (hasCode(error, "HAPROXY_AGENT_PLACE")) return false;
            throw error;
          },
        ),
      ),
    );
    return rows.filter((_, index) => mine[index]);
  });
}

async function renew(certificate: string, office: Office): Promise<boolean> {
  if (!office.allow.renew) {
    throw new HaproxyError("HAPROXY_AGENT_PLACE", "The node agent has no orders begun.", {
      certificate,
      hint: "On the node, --allow-renew allows it for the certificates that may be changed.",
    });
  }
  return withSession(office, async (session) => {
    await permitted(session, certificate, office);
    return acmeRenew(session, certificate, office.context.signal);
  });
}

/** @throws HaproxyError HAPROXY_AGENT_PLACE */
async function permitted(session: Session, certificate: string, { node, allow, context }: Office): Promise<void> {
  const { limits, signal } = settingsOf(node, context);
  const shown = await whileLocked(session, { patience: limits, signal }, () => showCertificate(session, certificate));
  if ("kind" in shown && shown.kind !== "unknown") throw refused(session, certificate, shown);
  refuseChange(certificate, "kind" in shown ? undefined : shown, allow);
}

async function withSession<T>({ node, context }: Office, act: (session: Session) => Promise<T>): Promise<T> {
  const session = await settingsOf(node, context).open();
  try {
    return await act(session);
  } finally {
    session.close();
  }
}
