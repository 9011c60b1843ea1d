import { CertwrightError } from "@certwright/provider";
import type { ProviderLookup } from "../check-providers.ts";
import { ConfigError, type ConfigFault } from "../config-error.ts";
import { type Config, readConfig } from "../read-config.ts";

const cas: Readonly<Record<string, string>> = {
  letsencrypt: "https://acme-v02.example/directory",
  zerossl: "https://acme.zerossl.example/v2/DV90",
};

/** Two short names, and any https: URL. */
export function caUrl(name: string): string {
  const url = name.startsWith("https://") ? name : cas[name];
  if (url !== undefined) return url;
  throw new CertwrightError("CLI_CA_UNKNOWN", `no CA is called ${JSON.stringify(name)}.`, {
    hint: "Known: letsencrypt, zerossl.",
  });
}

/** Two providers that are known; of `acme-plugin` nothing is, and there is no `nobody`. */
export const providers: ProviderLookup = (id) => {
  if (id === "nobody") {
    throw new CertwrightError("PLUGIN_UNKNOWN", "no DNS provider is called nobody", {
      hint: "See: certwright dns providers.",
    });
  }
  if (id === "cloudflare") {
    return {
      options: [
        { option: "apiToken", secret: true },
        { option: "email", secret: false },
      ],
    };
  }
  if (id === "rfc2136") {
    return {
      options: [
        { option: "nameserver", secret: false },
        { option: "keyName", secret: false },
        { option: "keySecret", secret: true },
        { option: "keyAlgorithm", secret: false, choices: ["hmac-sha256", "hmac-sha512"] },
      ],
    };
  }
  return undefined;
};

export function read(text: string | Uint8Array): Config {
  return readConfig(text, { file: "/etc/certwright/certwright.yaml", caUrl, providers });
}

/** The error of a file that has faults. */
export function refused(text: string | Uint8Array): ConfigError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the file has no fault");
}

export function faultsOf(text: string | Uint8Array): readonly ConfigFault[] {
  return refused(text).faults;
}

/** `line:column path problem`, which is what a person looks at first. */
export function shown(text: string | Uint8Array): readonly string[] {
  return faultsOf(text).map(({ line, column, path, problem }) => `${line}:${column} ${path} ${problem}`);
}
