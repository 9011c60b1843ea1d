import { defineProvider, ProviderError, path, type Reply, type TxtRecord } from "@certwright/provider";

/** A change is answered in words; any others than these two mean that the zone files have not been written. */
function checkDone(reply: Reply): void {
  const words = reply.text();
  if (/^(OK|updated DNS: .*)\s*$/s.test(words)) return;
  throw new ProviderError("PROVIDER_BAD_ANSWER", "Mail-in-a-Box did not say that the change was made", {
    hint: "See whether the record is among the custom DNS records of the box, then run again.",
    uncertain: true,
  });
}

export default defineProvider({
  id: "mailinabox",
  name: "Mail-in-a-Box",
  aliases: ["miab"],
  website: "https://mailinabox.email",
  docs: "https://mailinabox.email/api-docs.html",
  options: {
    endpoint: {
      description: "Address of the box, without /admin",
      env: ["MAILINABOX_BASE_URL", "MIAB_Server"],
      type: "url",
      example: "https://box.example.com",
    },
    email: { description: "E-mail address of an administrator", env: ["MAILINABOX_EMAIL", "MIAB_Username"] },
    password: {
      description: "Password of that administrator",
      env: ["MAILINABOX_PASSWORD", "MIAB_Password"],
      secret: true,
    },
  },
  // All custom records are one file, which each request reads and writes without a lock.
  traits: { granularity: "record", concurrency: "serial", minTtl: 1, propagation: 120 },
  permissions: "An administrator of the box, since it knows no smaller right; two-factor log-in must be off for them.",
  tested: { by: "contract", against: "https://mailinabox.email/api-docs.html", on: "2026-11-24" },
  create({ email, password }, { http }) {
    // Writing zone files and reloading the name server may take its time.
    const api = http({ basic: { user: email, password }, timeoutMs: 90_000 });
    const change = async (method: "POST" | "DELETE", { fqdn, value }: TxtRecord) => {
      const { reply } = await api.request(method, path`/admin/dns/custom/${fqdn}/TXT`, {
        body: value,
        send: "form",
        read: "text",
        // The bare value; a body with a type of its own would be taken apart.
        headers: { "content-type": "text/plain; charset=us-ascii" },
      });
      checkDone(reply);
    };
    const refuse = (value: string) => {
      if (/[^ -~]/.test(value) || value.trim() !== value)
        throw new ProviderError("PROVIDER_UNSUPPORTED", "Mail-in-a-Box keeps only ASCII values without outer spaces");
    };
    return {
      zones: async () => (await api.get("/admin/dns/zones")).list().map((zone) => zone.text()),
      async add(record) {
        refuse(record.value);
        await change("POST", record);
      },
      remove: (record) => change("DELETE", record),
    };
  },
});
