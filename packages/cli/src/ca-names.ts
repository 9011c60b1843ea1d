import { cliError } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

/** A public CA known by a short name. */
export interface KnownCa {
  readonly name: string;
  /** Other names for it, as other tools spell them. */
  readonly aliases: readonly string[];
  readonly title: string;
  readonly directoryUrl: string;
  /** Where the external account binding it requires comes from; left out: none is required. */
  readonly eab?: string;
  /** It makes one for an e-mail address, or for a key of its own API, when asked. */
  readonly fetchesEab?: true;
  /** Certificates of it are trusted by nobody: for trying out. */
  readonly staging?: true;
  /** The CA whose names may be tried at this one first: it knows the same ways, and asks for nothing that one does not. */
  readonly rehearses?: string;
}

/** Directory URLs from each CA's own documentation, read in 2026. */
export const knownCas: readonly KnownCa[] = [
  {
    name: "letsencrypt",
    aliases: ["le"],
    title: "Let's Encrypt",
    directoryUrl: "https://acme-v02.api.letsencrypt.org/directory",
  },
  {
    name: "letsencrypt-staging",
    aliases: ["letsencrypt-test", "letsencrypt_test", "le-staging"],
    title: "Let's Encrypt, staging",
    directoryUrl: "https://acme-staging-v02.api.letsencrypt.org/directory",
    staging: true,
    rehearses: "letsencrypt",
  },
  {
    name: "zerossl",
    aliases: [],
    title: "ZeroSSL",
    directoryUrl: "https://acme.zerossl.com/v2/DV90",
    eab: "https://app.zerossl.com/developer",
    fetchesEab: true,
  },
  {
    name: "google",
    aliases: ["googletrust"],
    title: "Google Trust Services",
    directoryUrl: "https://dv.acme-v02.api.pki.goog/directory",
    eab: "gcloud publicca external-account-keys create (good for one account, within 7 days)",
  },
  {
    name: "google-staging",
    aliases: ["googletest", "googletrust-staging"],
    title: "Google Trust Services, staging",
    directoryUrl: "https://dv.acme-v02.test-api.pki.goog/directory",
    eab: "gcloud publicca external-account-keys create, with the API endpoint of the staging environment",
    staging: true,
  },
  {
    name: "sslcom-rsa",
    aliases: ["sslcom", "ssl.com", "sslcomrsa"],
    title: "SSL.com, RSA chain",
    directoryUrl: "https://acme.ssl.com/sslcom-dv-rsa",
    eab: "the API and ACME credentials page of your SSL.com account",
  },
  {
    name: "sslcom-ecc",
    aliases: ["sslcomecc"],
    title: "SSL.com, ECDSA chain",
    directoryUrl: "https://acme.ssl.com/sslcom-dv-ecc",
    eab: "the API and ACME credentials page of your SSL.com account",
  },
  {
    name: "actalis",
    aliases: [],
    title: "Actalis",
    directoryUrl: "https://acme-api.actalis.com/acme/directory",
    eab: "the ACME page of your Actalis account",
  },
  {
    name: "globalsign",
    aliases: [],
    title: "GlobalSign Atlas",
    directoryUrl: "https://emea.acme.atlas.globalsign.com/directory",
    eab: "the API credentials of your Atlas account",
  },
  {
    name: "sectigo",
    aliases: [],
    title: "Sectigo",
    directoryUrl: "https://acme.sectigo.com/v2/DV",
    eab: "the ACME accounts page of Sectigo Certificate Manager",
  },
];

/** CAs that people still ask for by name. */
const goneCas: Readonly<Record<string, string>> = {
  buypass: "Buypass stopped issuing TLS certificates on 31 October 2025",
  "buypass-test": "Buypass stopped issuing TLS certificates on 31 October 2025",
};

/** What is used when no CA is named. */
export const defaultCa = "letsencrypt";

/**
 * The directory URL for what a person wrote: a short name or a URL. Whether the URL may be used is the engine's to say.
 *
 * @throws CertwrightError `CLI_CA_UNKNOWN`, `CLI_CA_GONE`
 */
export function directoryUrlOf(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return urlOf(text);
  const wanted = text.toLowerCase();
  const known = knownCas.find((ca) => ca.name === wanted || ca.aliases.includes(wanted));
  if (known !== undefined) return known.directoryUrl;
  const gone = goneCas[wanted];
  if (gone !== undefined) {
    throw cliError("CLI_CA_GONE", gone, { hint: `Choose another: ${knownCas.map((ca) => ca.name).join(", ")}.` });
  }
  throw cliError("CLI_CA_UNKNOWN", `no CA is called ${JSON.stringify(text)}`, {
    hint: `${
      didYouMean(
        wanted,
        knownCas.flatMap((ca) => [ca.name, ...ca.aliases]),
      ) ?? `Known: ${knownCas.map((ca) => ca.name).join(", ")}.`
    } Or give the https: URL of an ACME directory.`,
  });
}

/** The known CA with this directory, for its short name and what it requires. */
export function knownCaOf(directoryUrl: string): KnownCa | undefined {
  return knownCas.find((ca) => ca.directoryUrl === directoryUrl);
}

/** The staging CA of a known CA, where names may be tried first. */
export function knownStagingOf(directoryUrl: string): string | undefined {
  const known = knownCaOf(directoryUrl);
  return known && knownCas.find(({ rehearses }) => rehearses === known.name)?.directoryUrl;
}

function urlOf(text: string): string {
  const url = URL.parse(text);
  if (url === null) {
    throw cliError("CLI_CA_UNKNOWN", `${JSON.stringify(text)} is not a URL`, {
      hint: "Give the URL of an ACME directory, such as https://ca.example.com/acme/directory.",
    });
  }
  if (url.protocol !== "https:") {
    throw cliError("CLI_CA_UNKNOWN", `the CA's URL must be https:, not ${url.protocol}`, {
      hint: "ACME runs over HTTPS only (RFC 8555 section 6.1). For a CA of your own, trust its root with --ca-file.",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw cliError("CLI_CA_UNKNOWN", "the CA's URL must not hold a user name or a password", {
      hint: "ACME accounts are known by their keys; leave the credentials out.",
    });
  }
  return url.href;
}
