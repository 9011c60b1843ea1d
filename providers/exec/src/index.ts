import { defineProvider, ProviderError, type TxtRecord, type Zone } from "@certwright/provider";

export default defineProvider({
  id: "exec",
  name: "External program",
  website: "https://go-acme.github.io/lego/dns/exec/",
  docs: "https://go-acme.github.io/lego/dns/exec/",
  options: {
    program: {
      description: "Path of the program, called as PROGRAM present|cleanup FQDN. VALUE",
      env: ["EXEC_PATH"],
      type: "path",
      example: "/usr/local/bin/update-dns",
    },
    mode: {
      description:
        "Left out for arguments, JSON for all records of a zone at once on standard input; RAW is not possible",
      env: ["EXEC_MODE"],
      optional: true,
    },
    environment: {
      description:
        "Variables for the program, one NAME=VALUE a line; besides PATH, HOME and the like it gets no others",
      env: ["CERTWRIGHT_DNS_EXEC_ENVIRONMENT"],
      secret: true,
      optional: true,
    },
  },
  traits: { granularity: "record", minTtl: 1, concurrency: "serial" },
  permissions: "Whatever the program needs, which runs as the same user.",
  tested: { by: "server", against: "programs of its own", on: "2026-11-24" },
  create({ program, mode = "", environment = "" }, { run }) {
    const form = mode.toUpperCase();
    if (form !== "" && form !== "JSON")
      throw new ProviderError(
        "PROVIDER_UNSUPPORTED",
        `exec cannot call programs in ${mode} form: a provider never sees ACME tokens`,
        {
          hint: "Unset EXEC_MODE (arguments: present FQDN. VALUE), or set it to JSON.",
        },
      );

    const env: Record<string, string> = Object.fromEntries(
      [...environment.matchAll(/^[ \t]*([A-Za-z_]\w*)=(.*?)\r?$/gm)].map(([, name, value]) => [name, value]),
    );
    const secrets = Object.values(env).filter((value) => value.length > 3);

    async function call(arguments_: readonly string[], stdin?: string) {
      const { exitCode, stderr } = await run([program, ...arguments_], {
        env,
        ...(stdin === undefined ? {} : { stdin }),
      });
      if (exitCode === 0) return;
      const last = stderr.trim().split("\n").at(-1) ?? "";
      const said = secrets.reduce((text, secret) => text.replaceAll(secret, "***"), last);
      throw new ProviderError(
        "PROVIDER_FAILED",
        `${program} ${arguments_[0]} ended with exit code ${exitCode}: ${said}`,
        {
          hint: "Run the program by hand with the same arguments. It must accept a record that is there already, or gone already.",
        },
      );
    }

    const one =
      (action: string) =>
      ({ fqdn, value }: TxtRecord) =>
        call([action, `${fqdn}.`, value]);
    const all = (action: string) => (zone: Zone, records: readonly TxtRecord[]) => {
      const list = records.map(({ name, fqdn, value, ttl }) => ({ name, fqdn: `${fqdn}.`, value, ttl }));
      return call([action], JSON.stringify({ action, zone: zone.name, records: list }));
    };
    const each = { add: one("present"), remove: one("cleanup") };
    return form === "JSON" ? { ...each, addAll: all("present"), removeAll: all("cleanup") } : each;
  },
});
