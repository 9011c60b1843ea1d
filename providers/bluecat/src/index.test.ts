import { answer, conformance, demand, type FakeDns, open, text } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const none = { id: 0, name: null, type: null, properties: null };

/** The tree of labels: a zone of ours is deployable, one that only leads to it is not; its id is its name in numbers. */
function zoneBelow(dns: FakeDns, parent: string, label: string) {
  const above = parent === "2" ? "" : `.${dns.find(parent)?.name ?? Buffer.from(BigInt(parent).toString(16), "hex")}`;
  const path = `${label}${above}`;
  const zone = dns.find(path);
  if (!zone && !dns.zones.some(({ name }) => name.endsWith(`.${path}`))) return none;
  const id = zone ? Number(zone.id) : BigInt(`0x${Buffer.from(path).toString("hex")}`).toString();
  return { id, name: label, type: "Zone", properties: `deployable=${zone !== undefined}|absoluteName=${path}|` };
}

// https://docs.bluecatnetworks.com/r/Address-Manager-Legacy-v1-API-Guide/POST/v1/addEntity/9.5.0
conformance(provider, {
  test,
  api: () => {
    let sessions = 0;
    let isOpen = false;
    return {
      auth: ({ headers }) => isOpen && headers.authorization === `BAMAuthToken: session${sessions}=`,
      errors: ({ status, message }) => (status < 500 ? text(JSON.stringify(message), status) : undefined),
      routes: {
        "GET /Services/REST/v1/login": open(({ query }) => {
          demand(
            query.username === "username-given" && query.password === "planted-password-5e7c19a4d2",
            "Authentication Error",
            401,
          );
          sessions += 1;
          isOpen = true;
          return answer(200, `Session Token-> BAMAuthToken: session${sessions}= <- for User : username-given`);
        }),
        "GET /Services/REST/v1/logout": () => {
          isOpen = false;
          return answer(200, "User : username-given - logged out successfully.");
        },
        "GET /Services/REST/v1/getEntityByName": ({ query: { parentId = "", name = "", type } }, dns) => {
          if (type === "Configuration") return name === "configuration-given" ? { id: 1, name, type } : none;
          if (type === "View") return name === "view-given" && parentId === "1" ? { id: 2, name, type } : none;
          return zoneBelow(dns, parentId, name);
        },
        "GET /Services/REST/v1/getEntitiesByName": ({ query: { parentId, name = "", type, start, count } }, dns) => {
          demand(type === "TXTRecord", "Unknown type");
          const found = dns.zone(parentId).list({ name, type: "TXT" });
          const { items } = dns.paged(found, { offset: start, size: count, max: 100 });
          return items.map(({ id, fqdn, value, ttl }) => {
            return { id: Number(id), name, type, properties: `ttl=${ttl}|absoluteName=${fqdn}|txt=${value}|` };
          });
        },
        "POST /Services/REST/v1/addEntity": ({ query, json: { name, type, properties } }, dns) => {
          const [, ttl, value = ""] = /^ttl=(\d+)\|absoluteName=[^|]+\|txt=([^|]*)\|$/.exec(properties) ?? [];
          demand(type === "TXTRecord" && ttl, "Invalid properties");
          return answer(200, Number(dns.zone(query.parentId).add({ name, value, ttl }).id));
        },
        "DELETE /Services/REST/v1/delete": ({ query }, dns) => {
          dns.zoneOf(query.objectId ?? "").remove(query.objectId ?? "");
          return text("");
        },
        "POST /Services/REST/v1/quickDeploy": ({ query }, dns) => {
          dns.zone(query.entityId);
          return text("", 201);
        },
      },
    };
  },
});
