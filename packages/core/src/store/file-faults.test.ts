import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fileError } from "./file-error.ts";
import type { StoreWarning } from "./file-root.ts";
import { fileStore } from "./file-store.ts";
import type { Store } from "./store.ts";
import { quietStore, temporaryFolder } from "./testing/temporary.ts";

const never = new AbortController().signal;
const bytes = (text: string) => Buffer.from(text);
const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);
const text = async (store: Store, key: string) => Buffer.from((await store.read(key))?.bytes ?? []).toString();

/** Every call, with what it needs, to show that each refuses. */
const calls: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
  ["read", (store) => store.read("key")],
  ["readThrough", (store) => store.readThrough("folder/current", "key")],
  [
    "readThroughEach",
    async (store) => {
      for await (const _ of store.readThroughEach?.(["folder/current"], "key") ?? []) break;
    },
  ],
  ["write", (store) => store.write("key", bytes("x"))],
  ["append", (store) => store.append("key", bytes("x"))],
  ["point", (store) => store.point("folder/current", "x")],
  ["remove", (store) => store.remove("key")],
  ["list", (store) => store.list("")],
  ["lease", (store) => store.lease("name", { signal: never })],
];

/** What is in a directory, all the way down. */
async function contents(path: string): Promise<readonly string[]> {
  return (await readdir(path, { recursive: true })).sort();
}

describe("a state directory", () => {
  test("that does not exist reads as empty and is not made by looking", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(join(folder.path, "deep/state"));
    expect(await store.read("a/b")).toBeUndefined();
    expect(await store.list("")).toEqual([]);
    await store.remove("a/b");
    expect(await contents(folder.path)).toEqual([]);
    await store.write("a/b", bytes("x"));
    expect(await modeOf(join(folder.path, "deep"))).toBe("700");
    expect(await text(store, "a/b")).toBe("x");
  });

  test("with another program's files is refused by every call, and untouched", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "passwd"), "root");
    await chmod(folder.path, 0o755);
    for (const [, call] of calls) {
      await expect(call(quietStore(folder.path))).rejects.toMatchObject({ code: "STORE_FOREIGN_DIRECTORY" });
    }
    expect(await contents(folder.path)).toEqual(["passwd"]);
    expect(await modeOf(folder.path)).toBe("755");
  });

  test("may be a fresh volume", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "lost+found"));
    await writeFile(join(folder.path, ".gitkeep"), "");
    const store = quietStore(folder.path);
    await store.write("a", bytes("x"));
    expect(await store.list("")).toEqual(["a"]);
  });

  test.runIf(process.platform === "linux")(
    "where the system makes no folder is refused, and not tried for ever",
    async () => {
      await expect(quietStore("/proc/certwright/state").write("a", bytes("x"))).rejects.toMatchObject({
        code: "STORE_FAILED",
        message: expect.stringContaining("/proc/certwright"),
      });
    },
  );

  test("that is a file is refused", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "state"), "");
    for (const [, call] of calls) {
      await expect(call(quietStore(join(folder.path, "state")))).rejects.toMatchObject({
        code: "STORE_NOT_A_DIRECTORY",
      });
    }
    await expect(quietStore(join(folder.path, "state/below")).write("a", bytes("x"))).rejects.toMatchObject({
      code: "STORE_NOT_A_DIRECTORY",
    });
  });

  test("of another user is refused", async () => {
    await using folder = await temporaryFolder();
    await quietStore(folder.path).write("key", bytes("x"));
    const uid = (process.getuid?.() ?? 0) + 1;
    for (const [, call] of calls) {
      const stranger = fileStore(folder.path, { now: Date.now, warn: () => {}, uid });
      await expect(call(stranger)).rejects.toMatchObject({
        code: "STORE_WRONG_OWNER",
        hint: expect.stringContaining("chown"),
      });
    }
  });

  test("that others could read is closed, with a warning, once", async () => {
    await using folder = await temporaryFolder();
    await quietStore(folder.path).write("key", bytes("x"));
    await chmod(folder.path, 0o755);
    const warnings: StoreWarning[] = [];
    const store = fileStore(folder.path, { now: Date.now, warn: (warning) => warnings.push(warning) });
    expect(await text(store, "key")).toBe("x");
    await store.write("key", bytes("y"));
    expect(warnings).toEqual([
      expect.objectContaining({ code: "STORE_MODE_FIXED", message: expect.stringContaining("mode 0755") }),
    ]);
    expect(await modeOf(folder.path)).toBe("700");
  });

  test("that others could write is refused, unless it is new and empty", async () => {
    await using folder = await temporaryFolder();
    for (const mode of [0o775, 0o707, 0o777]) {
      const path = await mkdtemp(join(folder.path, "state-"));
      await chmod(path, mode);
      await quietStore(path).write("key", bytes("x"));
      expect(await modeOf(path)).toBe("700");
      await chmod(path, mode);
      for (const [, call] of calls) {
        await expect(call(quietStore(path))).rejects.toMatchObject({ code: "STORE_OPEN_TO_OTHERS" });
      }
    }
  });

  test.each([
    ["of a newer version", '{"format":2,"future":true}', "STORE_NEWER_FORMAT"],
    ["with an empty format file", "", "STORE_CORRUPT"],
    ["with a torn format file", '{"form', "STORE_CORRUPT"],
    ["with a strange format file", "[]", "STORE_CORRUPT"],
  ])("%s is refused by every call, and untouched", async (_, format, code) => {
    await using folder = await temporaryFolder();
    await quietStore(folder.path).write("key", bytes("x"));
    await writeFile(join(folder.path, ".certwright/format.json"), format);
    const before = await contents(folder.path);
    for (const [, call] of calls) await expect(call(quietStore(folder.path))).rejects.toMatchObject({ code });
    expect(await contents(folder.path)).toEqual(before);
    expect(await readFile(join(folder.path, ".certwright/format.json"), "utf8")).toBe(format);
  });

  test("that is removed while a process uses it is made again, and its leases still bar others", async () => {
    await using folder = await temporaryFolder();
    const state = join(folder.path, "state");
    const store = quietStore(state);
    await store.write("key", bytes("x"));
    await rm(state, { recursive: true });
    expect(await store.read("key")).toBeUndefined();
    await store.write("key", bytes("y"));
    expect(await text(quietStore(state), "key")).toBe("y");
    const lease = await store.lease("name", { signal: never });
    await expect(quietStore(state).lease("name", { signal: never })).rejects.toMatchObject({ code: "STORE_LOCKED" });
    await lease.release();
  });
});

describe("files", () => {
  test("a pointer is a link that other programs follow", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    await store.write("certificates/a/1/fullchain.pem", bytes("first"));
    await store.point("certificates/a/current", "1");
    expect(await readlink(join(folder.path, "certificates/a/current"))).toBe("1");
    expect(await readFile(join(folder.path, "certificates/a/current/fullchain.pem"), "utf8")).toBe("first");
    expect(store.locate("certificates/a/current/fullchain.pem")).toBe(
      join(folder.path, "certificates/a/current/fullchain.pem"),
    );
  });

  test("nothing stays behind of what was written, and what a killed process left is swept after an hour", async () => {
    await using folder = await temporaryFolder();
    const temporary = join(folder.path, ".certwright/tmp");
    await quietStore(folder.path).write("key", bytes("x"));
    await writeFile(join(temporary, "old"), "x");
    await writeFile(join(temporary, "young"), "x");
    const past = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(temporary, "old"), past, past);
    await quietStore(folder.path).write("key", bytes("y"));
    expect(await readdir(temporary)).toEqual(["young"]);
  });

  test("that are not Certwright's are not listed, and do no harm", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    await store.write("certificates/a/meta", bytes("x"));
    for (const name of [".DS_Store", "README.md", "Copy of a", "a~"])
      await writeFile(join(folder.path, "certificates", name), "x");
    expect(await store.list("certificates")).toEqual(["a/"]);
    // Opening a FIFO nobody writes to would wait for ever.
    execFileSync("mkfifo", [join(folder.path, "certificates/fifo")]);
    await expect(store.read("certificates/fifo")).rejects.toMatchObject({ code: "STORE_FAILED" });
  });

  test("on another file system inside the directory are refused with a word", async () => {
    await using folder = await temporaryFolder();
    const elsewhere = await mkdtemp("/dev/shm/certwright-");
    try {
      const store = quietStore(folder.path);
      await store.write("key", bytes("x"));
      await symlink(elsewhere, join(folder.path, "certificates"));
      await expect(store.write("certificates/a", bytes("x"))).rejects.toMatchObject({ code: "STORE_OTHER_DEVICE" });
      expect(await readdir(join(folder.path, ".certwright/tmp"))).toEqual([]);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  test("where a folder has to be, and folders where a file has to be, are refused", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    await store.write("a/b", bytes("x"));
    await expect(store.write("a/b/c", bytes("x"))).rejects.toMatchObject({ code: "STORE_NOT_A_DIRECTORY" });
    await expect(store.write("a", bytes("x"))).rejects.toMatchObject({ code: "STORE_FAILED", key: "a" });
    await expect(store.append("a", bytes("x"))).rejects.toMatchObject({ code: "STORE_FAILED", key: "a" });
    expect(await text(store, "a/b")).toBe("x");
  });
});

describe("leases", () => {
  test("say who holds them; a process that dies while writing that down does no harm", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    const lease = await store.lease("*.example.com", { signal: never });
    const holder = join(folder.path, ".certwright/holders/_wildcard.example.com");
    expect(JSON.parse(await readFile(holder, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
    for (const content of ["", '{"pid":"x"}', "[]", "null"]) {
      await writeFile(holder, content);
      await expect(store.lease("*.example.com", { signal: never })).rejects.toMatchObject({
        code: "STORE_LOCKED",
        message: "another run holds *.example.com",
      });
    }
    await lease.release();
    expect(await readdir(join(folder.path, ".certwright/holders"))).toEqual([]);
  });

  test("comes free though the note of its holder cannot be removed", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    const lease = await store.lease("a.example.com", { signal: never });
    const holder = join(folder.path, ".certwright/holders/a.example.com");
    await rm(holder);
    await mkdir(join(holder, "in the way"), { recursive: true });
    await lease.release();
    await (await store.lease("a.example.com", { signal: never })).release();
  });

  test("leave no files but the empty lock, whose being there means nothing", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    await (await store.lease("name", { signal: never })).release();
    expect(await readdir(join(folder.path, ".certwright/leases"))).toEqual(["name"]);
    expect((await stat(join(folder.path, ".certwright/leases/name"))).size).toBe(0);
    await (await quietStore(folder.path).lease("name", { signal: never })).release();
  });

  test("on a lock file that somebody wrote to are refused with a word", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    await store.write("key", bytes("x"));
    await writeFile(join(folder.path, ".certwright/leases/name"), "not a lock ".repeat(100));
    await expect(store.lease("name", { signal: never })).rejects.toMatchObject({ code: "STORE_NO_LOCKS" });
    await (await store.lease("other", { signal: never })).release();
  });
});

describe("what the operating system says", () => {
  test("about a full disk, really", () => {
    const full = openSync("/dev/full", "w");
    try {
      writeSync(full, "x");
      throw new Error("/dev/full took it");
    } catch (error) {
      expect(fileError(error, "write", "/state/key", "key")).toMatchObject({
        code: "STORE_FULL",
        message: "cannot write /state/key: the disk is full (ENOSPC)",
        hint: expect.stringContaining("Make room"),
        key: "key",
        cause: error,
      });
    } finally {
      closeSync(full);
    }
  });

  test.each([
    ["EDQUOT", "STORE_FULL", false],
    ["EROFS", "STORE_READ_ONLY", false],
    ["EACCES", "STORE_FORBIDDEN", false],
    ["EPERM", "STORE_FORBIDDEN", false],
    ["EIO", "STORE_FAILED", true],
    ["EMFILE", "STORE_FAILED", true],
    ["EBADF", "STORE_FAILED", false],
  ])("%s means %s", (code, expected, retryable) => {
    const error = Object.assign(new Error("x"), { code });
    expect(fileError(error, "write", "/state/key")).toMatchObject({
      code: expected,
      retryable,
      hint: expect.any(String),
    });
  });
});
