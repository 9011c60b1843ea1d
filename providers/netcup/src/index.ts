import {
  cachedToken,
  defineProvider,
  type OutgoingRequest,
  type Refusal,
  type Reply,
  sameName,
  type TxtRecord,
  type Zone,
} from "@certwright/provider";

/** `infoDnsRecords` of a zone without records fails with this code. */
const noRecords = 5029;

/** netcup answers 200 to everything; 2000 is success, and of failures mostly the words tell. */
function check(reply: Reply): Refusal | undefined {
  const code = reply.maybe("statuscode")?.number();
  if (code === undefined || reply.textOrNone("status") === "success" || code === noRecords) return undefined;
  const words = [reply.textOrNone("shortmessage"), reply.textOrNone("longmessage")].join(" ").trim();
  const message = `${words}, code ${code}`;
  if (/requests per minute/i.test(words))
    return { kind: "rateLimited", message, hint: "netcup also says so of wrong credentials." };
  if (/(domain|zone)\b.*\bnot\b/i.test(words)) return { kind: "zoneNotFound", message };
  const isAuth =
    reply.textOrNone("action") === "login" || /session|api ?key|api ?password|customer ?number/i.test(words);
  return { kind: isAuth ? "auth" : "invalid", message };
}

/** One of our records as `updateDnsRecords` takes it; without an id it is made anew. */
const entry = ({ name, value }: TxtRecord) => ({ hostname: name, type: "TXT", priority: "0", destination: value });

export default defineProvider({
  id: "netcup",
  name: "netcup",
  website: "https://www.netcup.com",
  docs: "https://helpcenter.netcup.com/en/wiki/general/our-api/",
  endpoint: "https://ccp.netcup.net/run/webservice/servers/endpoint.php",
  options: {
    customerNumber: { description: "Customer number", env: ["NETCUP_CUSTOMER_NUMBER", "NC_CID"], example: "12345" },
    apiKey: { description: "API key", env: ["NETCUP_API_KEY", "NC_Apikey"], secret: true },
    apiPassword: { description: "API password", env: ["NETCUP_API_PASSWORD", "NC_Apipw"], secret: true },
  },
  // Records have no lifetime of their own: the zone's holds.
  traits: { granularity: "record", concurrency: "zone", propagation: 900 },
  permissions: "An API key and the API password of the customer account, which cannot be limited.",
  tested: { by: "contract", against: "https://ccp.netcup.net/run/webservice/servers/endpoint.php", on: "2026-11-24" },
  create({ customerNumber, apiKey, apiPassword }, { http, now }) {
    const account = { customernumber: customerNumber, apikey: apiKey };
    /** The query is a bare word. */
    const asJson = (request: OutgoingRequest, param: object): OutgoingRequest => {
      const { action, param: own } = JSON.parse(request.body ?? "{}");
      const url = new URL(request.url);
      url.search = "?JSON";
      return { ...request, url, body: JSON.stringify({ action, param: { ...account, ...param, ...own } }) };
    };
    const login = http({ check, sign: (request) => asJson(request, { apipassword: apiPassword }) });
    const session = cachedToken(async () => {
      const token = (await login.post("", { action: "login", param: {} })).text("responsedata", "apisessionid");
      // Fifteen minutes from the last call.
      return { token, expiresIn: 900 };
    }, now);
    const api = http({ check, sign: async (request) => asJson(request, { apisessionid: await session() }) });

    async function records({ name }: Zone): Promise<readonly Reply[]> {
      const reply = await api.post("", { action: "infoDnsRecords", param: { domainname: name } });
      return reply.number("statuscode") === noRecords ? [] : reply.list("responsedata", "dnsrecords");
    }
    // Touches the given records only, whatever the name says; not repeated blindly, for then it would add twice.
    const update = async ({ name }: Zone, dnsrecords: readonly object[]) => {
      if (dnsrecords.length === 0) return;
      const param = { domainname: name, dnsrecordset: { dnsrecords } };
      await api.post("", { action: "updateDnsRecords", param }, { repeat: false });
    };
    const holds = (found: Reply, { name, value }: TxtRecord) =>
      found.text("type") === "TXT" && sameName(found.text("hostname"), name) && found.text("destination") === value;

    async function addAll(zone: Zone, wanted: readonly TxtRecord[]): Promise<void> {
      const present = await records(zone);
      await update(zone, wanted.filter((record) => !present.some((found) => holds(found, record))).map(entry));
    }
    async function removeAll(zone: Zone, unwanted: readonly TxtRecord[]): Promise<void> {
      const ours = (await records(zone)).filter((found) => unwanted.some((record) => holds(found, record)));
      await update(
        zone,
        ours.map(({ value }) => ({ ...(value as object), deleterecord: true })),
      );
    }
    return {
      add: (record) => addAll(record.zone, [record]),
      remove: (record) => removeAll(record.zone, [record]),
      addAll,
      removeAll,
    };
  },
});
