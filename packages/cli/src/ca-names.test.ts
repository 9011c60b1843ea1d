import { describe, expect, it } from "vitest";
import { defaultCa, directoryUrlOf, knownCaOf, knownCas } from "./ca-names.ts";

describe("directoryUrlOf", () => {
  it("knows short names, other tools' names, and any https: URL", () => {
    expect(directoryUrlOf(defaultCa)).toBe("https://acme-v02.api.letsencrypt.org/directory");
    expect(directoryUrlOf("LetsEncrypt-Staging")).toBe("https://acme-staging-v02.api.letsencrypt.org/directory");
    expect(directoryUrlOf("googletrust")).toBe(directoryUrlOf("google"));
    expect(directoryUrlOf("https://127.0.0.1:14000/dir")).toBe("https://127.0.0.1:14000/dir");
    expect(directoryUrlOf("https://[::1]:14000/dir")).toBe("https://[::1]:14000/dir");
  });

  it.each([
    ["letsencrpyt", "CLI_CA_UNKNOWN", /Did you mean letsencrypt/],
    ["http://ca.test/directory", "CLI_CA_UNKNOWN", /HTTPS only/],
    ["ftp://ca.test/", "CLI_CA_UNKNOWN", /HTTPS only/],
    ["https://", "CLI_CA_UNKNOWN", /Give the URL/],
    ["https://user:pass@ca.test/", "CLI_CA_UNKNOWN", /leave the credentials out/],
    ["buypass", "CLI_CA_GONE", /letsencrypt, /],
    ["", "CLI_CA_UNKNOWN", /Known: letsencrypt/],
  ])("refuses %j", (text, code, hint) => {
    expect(() => directoryUrlOf(text)).toThrow(expect.objectContaining({ code, hint: expect.stringMatching(hint) }));
  });

  it("never repeats credentials in the error", () => {
    expect(() => directoryUrlOf("https://user:hunter22@ca.test/")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter22") }),
    );
  });
});

describe("knownCas", () => {
  it("have https directories, and no name twice", () => {
    const names = knownCas.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const { directoryUrl, name } of knownCas) {
      expect(new URL(directoryUrl).protocol, name).toBe("https:");
      expect(knownCaOf(directoryUrl)?.name).toBe(name);
    }
  });
});
