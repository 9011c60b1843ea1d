import { answer, conformance, demand, type FakeDns, open, type Refusal } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const ok = (response: unknown) => ({ code: "ok", message: "", response });
const soa = ({ id, name }: FakeDns["zones"][number]) => ({ id, origin: `${name}.`, server_id: "1", active: "Y" });

function refuse({ status, message }: Pick<Refusal, "status" | "message">) {
  if (status === 409 || status === 429) return answer(status);
  const words: Readonly<Record<number, string>> = {
    401: "The session is expired or does not exist.",
    403: "You do not have the permissions to access this function.",
  };
  return { code: "remote_fault", message: words[status] ?? message, response: false };
}

// https://git.ispconfig.org/ispconfig/ispconfig3/-/tree/develop/remoting_client/API-docs
conformance(provider, {
  test,
  api: () => {
    let sessions = 0;
    let password = "";
    return {
      auth: ({ json }, options) => json.session_id === `session-${sessions}` && password === options.password,
      errors: refuse,
      routes: {
        // The kit asks `auth` only for the rest, so the password is compared there, as soon as the session is used.
        "POST /remote/json.php?login=": open(({ json }) => {
          demand(json.client_login === false, "a remote user must log in");
          password = json.password;
          sessions += 1;
          return ok(`session-${sessions}`);
        }),
        "POST /remote/json.php?dns_zone_get=": ({ json: { primary_id: key } }, dns) => {
          if (typeof key === "string") return ok(soa(dns.zone(key)));
          return ok(dns.zones.filter(({ name }) => `${name}.` === key.origin).map(soa));
        },
        "POST /remote/json.php?dns_txt_get=": ({ json: { primary_id: key } }, dns) => {
          const rows = dns.find(key.zone)?.list({ type: key.type }) ?? [];
          return ok(
            rows.map(({ id, fqdn, name, value }, index) => {
              return { id, name: index % 2 === 0 ? `${fqdn}.` : name, type: "TXT", data: value, active: "Y" };
            }),
          );
        },
        "POST /remote/json.php?dns_txt_add=": ({ json: { params, client_id, update_serial } }, dns) => {
          demand(params.server_id === "1" && params.active === "Y" && update_serial && client_id === 0, "data_error");
          demand(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(params.stamp), "stamp_error");
          return ok(dns.zone(params.zone).add({ fqdn: params.name, value: params.data, ttl: params.ttl }).id);
        },
        "POST /remote/json.php?dns_txt_delete=": ({ json: { primary_id: id } }, dns) => {
          const zone = dns.zones.find(({ records }) => records.some((record) => record.id === id));
          zone?.remove(id);
          return ok(zone === undefined ? 0 : 1);
        },
      },
    };
  },
});
