import { type ApiRequest, answer, conformance, demand, type FakeDns, open } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

interface Row {
  readonly id?: string;
  readonly hostname: string;
  readonly type: string;
  readonly destination: string;
  readonly deleterecord?: boolean;
}

const message = (action: string, statuscode: number, longmessage: string, responsedata: unknown = "") => {
  const [status, shortmessage] = statuscode === 2000 ? ["success", "Success"] : ["error", "Validation Error."];
  return {
    serverrequestid: "x",
    clientrequestid: "",
    action,
    status,
    statuscode,
    shortmessage,
    longmessage,
    responsedata,
  };
};
const words: Readonly<Record<number, string>> = {
  401: "The session id is not in a valid format.",
  403: "The API key is not allowed to do this.",
  404: "Domain not found.",
  429: "More than 180 requests per minute. Please wait and retry later.",
};
const records = (zone: ReturnType<FakeDns["zone"]>) =>
  zone.records.map(({ id, name, type, value }) => {
    return { id, hostname: name, type, priority: "0", destination: value, deleterecord: false, state: "yes" };
  });

// https://ccp.netcup.net/run/webservice/servers/endpoint.php
conformance(provider, {
  test,
  api: {
    auth: ({ json, rawUrl }, { customerNumber, apiKey }) =>
      rawUrl.endsWith("?JSON") &&
      json.param.customernumber === customerNumber &&
      json.param.apikey === apiKey &&
      (json.action === "login" || json.param.apisessionid === "session-of-the-fake"),
    errors: ({ status, message: text }, { json }: ApiRequest) =>
      status === 409 ? answer(409) : message(json.action, 4013, words[status] ?? text),
    routes: {
      "POST /?action=login": open(({ json: { action, param } }) => {
        demand(param.apipassword === "planted-apiPassword-5e7c19a4d2", "The login to the API failed.", 400);
        return message(action, 2000, "Session has been created.", { apisessionid: "session-of-the-fake" });
      }),
      "POST /?action=infoDnsRecords": ({ json: { action, param } }, dns) => {
        const dnsrecords = records(dns.zone(param.domainname));
        if (dnsrecords.length === 0) return message(action, 5029, "Can not get DNS records for zone.");
        return message(action, 2000, "DNS Records found.", { dnsrecords });
      },
      "POST /?action=updateDnsRecords": ({ json: { action, param } }, dns) => {
        const zone = dns.zone(param.domainname);
        for (const { id, hostname, type, destination, deleterecord } of param.dnsrecordset.dnsrecords as Row[]) {
          if (id === undefined) zone.add({ name: hostname, type, value: destination });
          else if (deleterecord) zone.remove(id);
          else zone.change(id, { value: destination });
        }
        return message(action, 2000, "The given DNS records for this zone were updated.", {
          dnsrecords: records(zone),
        });
      },
    },
  },
});
