import { readLeafPem } from "../certificate/pem.ts";
import { settingsOf } from "../push/settings.ts";
import { look, noIndex, ask as reach } from "../push/sights.ts";
import { refuseChange, refuseNames } from "./allow-list.ts";
import { refusedBy } from "./answer.ts";
import type { LookAsk } from "./ask.ts";
import type { Client } from "./client.ts";
import type { Memory } from "./conversation.ts";
import { type Office, verifyAt } from "./office.ts";

/** Tells what is in the place of certificates. Each gets its answer; nothing is thrown. */
export async function lookAll(
  asks: readonly LookAsk[],
  { tell }: Client,
  memory: Memory,
  office: Office,
): Promise<void> {
  const { node, map, check, allow, context } = office;
  const settings = settingsOf(node, context);
  const isNamed = asks.every(({ certificate }) => certificate !== undefined);
  const open = new Set(asks);
  const refuse = (ask: LookAsk, error: unknown) => {
    open.delete(ask);
    tell({ say: "refused", id: ask.id, error: refusedBy(error) });
  };
  try {
    const asked = await reach(memory.index ?? (isNamed ? noIndex : undefined), settings);
    if (!("error" in asked) && !isNamed) memory.index = asked.index;
    try {
      await Promise.all(
        asks.map(async (ask) => {
          try {
            const leaf = readLeafPem(ask.leaf);
            refuseNames(leaf.names, allow);
            const place = {
              ...(ask.certificate === undefined ? {} : { certificate: ask.certificate }),
              ...(map.length === 0 ? {} : { disk: { map } }),
              verify: verifyAt(check, leaf.names),
            };
            const sights = await look(leaf, place, asked, settings, (name, shown) => refuseChange(name, shown, allow));
            open.delete(ask);
            tell({ say: "seen", id: ask.id, sights });
          } catch (error) {
            refuse(ask, error);
          }
        }),
      );
    } finally {
      if (!("error" in asked)) asked.session.close();
    }
  } catch (error) {
    for (const ask of open) refuse(ask, error);
  }
}
