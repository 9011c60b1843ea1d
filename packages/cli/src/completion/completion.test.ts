import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { completionTree } from "./tree.ts";
import { zshCompletion } from "./zsh.ts";

const tree = completionTree(["cloudflare", "desec"]);

/** What bash would offer for the words typed, the last of which is still open. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const asked = `${bashCompletion(tree)}
    certwright() { [ "$*" = "list --names" ] && printf 'a.test\\nb.test\\n'; }
    COMP_WORDS=(certwright "$@"); COMP_CWORD=$#
    _certwright; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", asked, "bash", ...words]);
  return stdout.split("\n").filter((word) => word !== "");
}

describe("bash completion", () => {
  it("offers commands, those below them, and flags", async () => {
    expect(await offered("re")).toEqual(["renew", "revoke", "remove"]);
    expect(await offered("dns", "")).toEqual(expect.arrayContaining(["set", "remove", "rm", "check", "providers"]));
    expect(await offered("issue", "--dns-")).toEqual([
      "--dns-option",
      "--dns-account",
      "--dns-persist",
      "--dns-resolvers",
      "--dns-nameservers",
    ]);
    expect(await offered("run", "--dry")).toEqual(["--dry-run"]);
  });

  it("offers the values of a flag", async () => {
    expect(await offered("issue", "--dns", "")).toEqual(["cloudflare", "desec"]);
    expect(await offered("issue", "-d", "a.test", "--key-type", "rsa")).toEqual(["rsa2048", "rsa3072", "rsa4096"]);
    expect(await offered("issue", "--server", "letsencrypt-")).toEqual(["letsencrypt-staging"]);
  });

  it("offers arguments: certificates, providers, shells", async () => {
    expect(await offered("status", "b")).toEqual(["b.test"]);
    expect(await offered("dns", "providers", "de")).toEqual(["desec"]);
    expect(await offered("completion", "z")).toEqual(["zsh"]);
  });
});

describe("zsh and fish completion", () => {
  it("name every command and flag", () => {
    const [zsh, fish] = [zshCompletion(tree), fishCompletion(tree)];
    for (const { names, flags } of tree.commands) {
      for (const name of names) {
        expect(zsh).toContain(`${name}:`);
        expect(fish).toContain(`-a ${name} `);
      }
      for (const flag of flags.flatMap((known) => known.names).filter((name) => name.startsWith("--"))) {
        expect(zsh).toContain(`*${flag}[`);
        expect(fish).toContain(`-l ${flag.slice(2)} `);
      }
    }
  });
});
