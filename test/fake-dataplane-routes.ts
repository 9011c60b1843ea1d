import { X509Certificate } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  details,
  type FakeOptions,
  onRuntime,
  type Said,
  type Seen,
  type State,
  setAndCommit,
  talk,
} from "./fake-dataplane-runtime.ts";

/* What the fake Data Plane API answers, each resource as a route. */

interface Asked extends Seen {
  readonly parameter: string;
  readonly type: string;
}
interface Route {
  readonly method: string;
  /** As the specification names it. */
  readonly name: string;
  readonly pattern: RegExp;
  readonly query?: readonly string[];
  readonly type?: string;
  /** Since Data Plane API 3.2. */
  readonly since32?: boolean;
  readonly act: (state: State, asked: Asked) => Promise<Said>;
}

const prefix = "/v3/services/haproxy";
const route = (method: string, name: string, rest: Omit<Route, "method" | "name" | "pattern">): Route => ({
  method,
  name,
  pattern: new RegExp(`^${name.startsWith("/info") ? "/v3" : prefix}${name.replace(/\{\w+\}/, "([^/]+)")}$`),
  ...rest,
});
const reloading = ["skip_reload", "force_reload"];

export const routes: readonly Route[] = [
  route("GET", "/info", {
    act: async () => ok({ api: { build_date: "2026-08-14T00:00:00.000Z", version: "v3.3.0 fake" }, system: {} }),
  }),
  route("GET", "/configuration/global", {
    query: ["full_section"],
    act: async ({ options: { bufferSize } }) =>
      ok(bufferSize === undefined ? {} : { tune_buffer_options: { bufsize: bufferSize } }),
  }),
  route("GET", "/runtime/info", {
    act: (state) =>
      onRuntime(state, async ({ haproxy }) => {
        const text = await talk(haproxy.adminSocket, "show info").catch((error: Error) => error);
        if (text instanceof Error) return ok({ error: `dial unix: ${text.message}`, runtimeAPI: haproxy.adminSocket });
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
        return ok({ info: { version: field("Version"), pid: Number(field("Pid")), uptime: 1 }, runtimeAPI: "/sock" });
      }),
  }),
  route("GET", "/runtime/ssl_certs", {
    since32: true,
    act: (state) =>
      onRuntime(state, async (_, run) => {
        const answer = await run("show ssl cert");
        if ("said" in answer) return answer.said;
        const listed = answer.text.slice(answer.text.indexOf("# filename")).split("\n").slice(1);
        return ok(listed.filter(Boolean).map((name) => ({ storage_name: name, description: basename(name) })));
      }),
  }),
  route("POST", "/runtime/ssl_certs", {
    since32: true,
    type: "multipart/form-data",
    act: (state, asked) =>
      onRuntime(state, async (_, run) => {
        const { name, text } = upload(asked);
        const made = await run(`new ssl cert ${name}`);
        if ("said" in made) return made.said;
        return (await setAndCommit(run, name, text)) ?? { status: 201 };
      }),
  }),
  route("GET", "/runtime/ssl_certs/{name}", {
    since32: true,
    act: (state, { parameter }) =>
      onRuntime(state, async (_, run) => {
        if (/[\r\n<>*;$#&{}"]/.test(parameter)) return bad("name in path: string doesn't match the regular expression");
        const answer = await run(`show ssl cert ${parameter}`, 404);
        if ("said" in answer) return answer.said;
        const [, key] = /^Key filename: (.*)$/m.exec(answer.text) ?? [];
        const shown = details(answer.text);
        if (key === undefined || key === shown.storage_name) return ok(shown);
        const why = "storing the private key in a separate file is not supported";
        return { status: 500, json: { code: 500, message: `failed to parse certificate info for ${key}: ${why}` } };
      }),
  }),
  route("PUT", "/runtime/ssl_certs/{name}", {
    since32: true,
    type: "multipart/form-data",
    act: (state, asked) =>
      onRuntime(
        state,
        async (_, run) => (await setAndCommit(run, asked.parameter, upload(asked).text)) ?? { status: 200 },
      ),
  }),
  route("DELETE", "/runtime/ssl_certs/{name}", {
    since32: true,
    act: (state, { parameter }) =>
      onRuntime(state, async (_, run) => {
        const answer = await run(`del ssl cert ${parameter}`);
        return "said" in answer ? answer.said : { status: 204 };
      }),
  }),
  route("GET", "/runtime/ssl_crt_lists", {
    since32: true,
    act: (state) =>
      onRuntime(state, async (_, run) => {
        const answer = await run("show ssl crt-list");
        return "said" in answer
          ? answer.said
          : ok(
              answer.text
                .split("\n")
                .filter(Boolean)
                .map((file) => ({ file })),
            );
      }),
  }),
  route("GET", "/runtime/ssl_crt_lists/entries", {
    since32: true,
    query: ["name"],
    act: (state, { query }) =>
      onRuntime(state, async (_, run) => {
        const answer = await run(`show ssl crt-list -n ${query.get("name")}`, 404);
        if ("said" in answer) return answer.said;
        // Line 0 is that of entries which came with a directory or with ssl-f-use; those are left out.
        const found = [...answer.text.matchAll(/^([^#:\n][^:\n]*):([1-9]\d*)(?: .*)?$/gm)];
        return ok(found.map(([, file, line]) => ({ file, line_number: Number(line) })));
      }),
  }),
  route("POST", "/runtime/ssl_crt_lists/entries", {
    since32: true,
    query: ["name"],
    type: "application/json",
    act: (state, { query, body }) =>
      onRuntime(state, async (_, run) => {
        const entry = JSON.parse(body.toString()) as { file: string; ssl_bind_config?: string; sni_filter?: string[] };
        const words = [entry.file, entry.ssl_bind_config && `[${entry.ssl_bind_config}]`, ...(entry.sni_filter ?? [])];
        const start = `add ssl crt-list ${query.get("name")}`;
        const line = words.filter(Boolean).join(" ");
        const answer = await run(line === entry.file ? `${start} ${line}` : `${start} <<\n${line}\n`);
        return "said" in answer ? answer.said : { status: 201 };
      }),
  }),
  route("GET", "/storage/ssl_certificates", {
    act: async ({ options: { folder } }) => {
      const files = (await readdir(folder)).filter((name) => name.endsWith(".pem"));
      return ok(
        files.map((name) => ({ description: "managed SSL file", file: join(folder, name), storage_name: name })),
      );
    },
  }),
  route("GET", "/storage/ssl_certificates/{name}", {
    act: async ({ options }, { parameter }) => {
      const text = await contentOf(options, parameter);
      return text === undefined ? absent(options, parameter) : ok(stored(options, parameter, text));
    },
  }),
  route("POST", "/storage/ssl_certificates", {
    query: reloading,
    type: "multipart/form-data",
    act: async (state, asked) => {
      const { options } = state;
      const { name, text } = upload(asked);
      const file = join(options.folder, sanitize(name));
      if ((await contentOf(options, name)) !== undefined)
        return { status: 409, json: { code: 409, message: `object already exists: file ${file} already exists` } };
      await writeFile(file, text, { mode: 0o644 });
      return afterwards(state, asked, { status: 201, json: stored(options, name, text) }, true, text);
    },
  }),
  route("PUT", "/storage/ssl_certificates/{name}", {
    query: reloading,
    type: "text/plain",
    act: async (state, asked) => {
      const { options } = state;
      const text = asked.body.toString();
      if ((await contentOf(options, asked.parameter)) === undefined) return absent(options, asked.parameter);
      await writeFile(join(options.folder, sanitize(asked.parameter)), text, { mode: 0o644 });
      return afterwards(state, asked, { status: 200, json: stored(options, asked.parameter, text) }, false, text);
    },
  }),
  route("DELETE", "/storage/ssl_certificates/{name}", {
    query: reloading,
    act: async ({ options }, { parameter }) => {
      if ((await contentOf(options, parameter)) === undefined) return absent(options, parameter);
      await rm(join(options.folder, sanitize(parameter)));
      return { status: 204 };
    },
  }),
  route("GET", "/storage/ssl_crt_lists", {
    act: async ({ options: { folder } }) => {
      const files = (await readdir(folder)).filter((name) => name.endsWith(".txt"));
      return ok(
        files.map((name) => ({
          description: "managed certificate list",
          file: join(folder, name),
          storage_name: name,
        })),
      );
    },
  }),
  route("GET", "/storage/ssl_crt_lists/{name}", {
    act: async ({ options }, { parameter }) => {
      const text = await contentOf(options, parameter);
      if (text === undefined) return absent(options, parameter);
      return { status: 200, text, headers: { "content-type": "application/octet-stream" } };
    },
  }),
  route("PUT", "/storage/ssl_crt_lists/{name}", {
    query: reloading,
    type: "text/plain",
    act: async ({ options }, { parameter, query, body }) => {
      if ((await contentOf(options, parameter)) === undefined) return absent(options, parameter);
      if (query.get("skip_reload") !== "true") throw new Error("the test reloads for a list");
      await writeFile(join(options.folder, sanitize(parameter)), body);
      const file = { file: join(options.folder, parameter), storage_name: parameter, size: body.length };
      return ok({ description: "managed certificate list", ...file });
    },
  }),
  route("GET", "/reloads/{id}", {
    act: async ({ reloads }, { parameter }) => {
      const reload = reloads.get(parameter);
      if (reload) return ok(reload);
      return { status: 404, json: { code: 404, message: `Reload with ID ${parameter} does not exist` } };
    },
  }),
];

/** What the API does once a file is written: nothing, a reload, or the runtime first and a reload where that fails. */
async function afterwards(state: State, { query }: Asked, said: Said, isNew: boolean, text: string): Promise<Said> {
  if (query.get("skip_reload") === "true") return said;
  const { file } = said.json as { file: string };
  if (query.get("force_reload") === "true") {
    const failed = await reload(state.haproxy);
    return failed === undefined ? said : bad(`Reload failed: ${failed}`);
  }
  const pushed = await onRuntime(
    state,
    async (_, run) => {
      const made = isNew ? await run(`new ssl cert ${file}`) : undefined;
      if (made && "said" in made) return made.said;
      return (await setAndCommit(run, file, text)) ?? said;
    },
    state.options.before32,
  );
  if (pushed === said) return said;
  const id = `2026-11-27-${state.reloads.size}`;
  state.reloads.set(id, { id, status: "in_progress" });
  // As the real one: some time later, together with others that want one.
  setTimeout(async () => {
    const failed = await reload(state.haproxy);
    state.reloads.set(id, {
      id,
      status: failed === undefined ? "succeeded" : "failed",
      ...(failed ? { response: failed } : {}),
    });
  }, 20);
  return { ...said, status: 202, headers: { "reload-id": id } };
}

/** What went wrong, if anything. */
function reload(haproxy: State["haproxy"]): Promise<string | undefined> {
  return haproxy.reload().then(
    () => undefined,
    ({ message }: Error) => message,
  );
}

function stored({ folder }: FakeOptions, name: string, text: string): object {
  const leaf = new X509Certificate(text);
  const names = (leaf.subjectAltName ?? "").split(", ");
  return {
    description: "managed SSL file",
    file: join(folder, sanitize(name)),
    storage_name: sanitize(name),
    size: Buffer.byteLength(text),
    serial: BigInt(`0x${leaf.serialNumber}`).toString(),
    domains: names
      .filter((each) => each.startsWith("DNS:"))
      .map((each) => each.slice(4))
      .join(", "),
    not_after: new Date(leaf.validTo).toISOString(),
  };
}

function upload({ body, type }: Asked): { readonly name: string; readonly text: string } {
  const boundary = /boundary=([^;]+)$/.exec(type)?.[1];
  const found = new RegExp(
    `^--${boundary}\\r\\nContent-Disposition: form-data; name="file_upload"; filename="([^"]+)"\\r\\nContent-Type: text/plain\\r\\n\\r\\n([\\s\\S]*)\\r\\n--${boundary}--\\r\\n$`,
  ).exec(body.toString());
  if (!found) throw new Error("that is no form with one file");
  // Only the last part of a path arrives.
  return { name: basename(found[1] ?? ""), text: found[2] ?? "" };
}

/** Every file name that a request has is changed like this first. */
function sanitize(name: string): string {
  const dot = name.lastIndexOf(".");
  const plain = (text: string) => text.replace(/[^a-zA-Z0-9_\\-]+/g, "_");
  return dot < 0 ? plain(name) : `${plain(name.slice(0, dot))}.${plain(name.slice(dot + 1))}`;
}

function contentOf({ folder }: FakeOptions, name: string): Promise<string | undefined> {
  const file = join(folder, sanitize(name));
  return stat(file).then(
    () => readFile(file, "utf8"),
    () => undefined,
  );
}

function absent({ folder }: FakeOptions, name: string): Said {
  const message = `missing object: file ${sanitize(name)} doesn't exist in dir: ${folder}`;
  return { status: 404, json: { code: 404, message } };
}

function ok(json: unknown): Said {
  return { status: 200, json };
}

function bad(message: string): Said {
  return { status: 400, json: { code: 400, message } };
}
