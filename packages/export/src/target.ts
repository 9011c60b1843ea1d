import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeployableCertificate, DeployOutcome, DeployTarget } from "@certwright/core";
import { exportError, isErrno } from "./errors.ts";
import { type ExportRequest, parseExportTarget, type SecretPlace } from "./export-request.ts";
import { findOwner } from "./owner.ts";
import { joinParts, separateFiles } from "./pem-parts.ts";
import { isThere, type NewFile, replaceFiles, type WrittenFile } from "./replace-files.ts";

/** Finds the password of a PKCS#12 file that is a secret like others. @throws CertwrightError of whoever knows where they are */
export type FindSecret = (place: SecretPlace) => Promise<string>;

/**
 * A file, or a directory of files, as a place certificates are deployed to.
 *
 * @param id `export:/etc/nginx/site.pem?owner=root:www-data&mode=0640`
 * @param find needed for passwords that are no first line of a file
 * @throws CertwrightError `EXPORT_ADDRESS`, `EXPORT_PASSWORD`
 */
export function exportTarget(id: string, find?: FindSecret): DeployTarget {
  const request = parseExportTarget(id);
  return {
    id,
    async deploy(certificate, { step }): Promise<DeployOutcome> {
      const written = await exportCertificate(request, certificate, find);
      for (const { path, action } of written) if (action !== "unchanged") step("written", path);
      return {
        action: actionOf(written),
        // Whoever reads the file says when it does.
        served: false,
        detail: written.map(({ path, action }) => `${path} ${action}`).join(", "),
        warnings: written.flatMap(({ warning }) => warning ?? []),
      };
    },
    async foresee({ name }) {
      if (request.owner !== undefined) await findOwner(request.owner);
      if (request.password !== undefined) await passwordAt(request.password, find);
      const path = pathFor(request.path, name);
      const paths = request.format === "files" ? Object.keys(separateFiles).map((file) => join(path, file)) : [path];
      const found = await Promise.all(paths.map(isThere));
      return paths.map((each, index) => `${each} would be ${found[index] ? "replaced" : "written"}`).join(", ");
    },
  };
}

/** Writes the files of an export. @throws CertwrightError `EXPORT_...` */
export async function exportCertificate(
  request: ExportRequest,
  certificate: DeployableCertificate,
  find?: FindSecret,
): Promise<readonly WrittenFile[]> {
  const owner = request.owner === undefined ? undefined : await findOwner(request.owner);
  const files = await filesOf(request, certificate, find);
  return await replaceFiles(files, {
    ...(owner === undefined ? {} : { owner }),
    ...(request.mode === undefined ? {} : { mode: request.mode }),
  });
}

async function filesOf(
  request: ExportRequest,
  certificate: DeployableCertificate,
  find: FindSecret | undefined,
): Promise<readonly NewFile[]> {
  const { format, parts } = request;
  const path = pathFor(request.path, certificate.name);
  if (format === "pem") {
    const secret = parts.includes("key");
    return [{ path, content: Buffer.from(joinParts(certificate, parts)), secret }];
  }
  if (format === "files") {
    return Object.entries(separateFiles).map(([name, content]) => ({
      path: join(path, name),
      content: Buffer.from(joinParts(certificate, content)),
      secret: content.includes("key"),
    }));
  }
  const { createPkcs12 } = await import("./pkcs12.ts");
  const content = await createPkcs12({
    keyPem: certificate.keyPem,
    chainPem: certificate.leafPem + certificate.chainPem,
    friendlyName: certificate.name,
    password: await passwordAt(request.password ?? { firstLineOf: "" }, find),
    legacy: format === "pkcs12-legacy",
  });
  return [{ path, content, secret: false }];
}

/** Where a certificate goes: `{name}` in a path is its name, as far as a file may have it. */
function pathFor(path: string, name: string): string {
  return path.replaceAll("{name}", name.replaceAll(/[^A-Za-z0-9._-]/g, "_").replace(/^\./, "_"));
}

async function passwordAt(place: NonNullable<ExportRequest["password"]>, find: FindSecret | undefined) {
  if ("firstLineOf" in place) return await readPassword(place.firstLineOf);
  if (find !== undefined) return await find(place);
  throw exportError("EXPORT_PASSWORD", "nothing here finds the password", {
    hint: "Give it as the first line of a file.",
  });
}

/** The first line of a file. The rest of a password file is often a remark. */
async function readPassword(path: string): Promise<string> {
  try {
    const [line = ""] = (await readFile(path, "utf8")).split(/\r?\n/, 1);
    if (line.length <= 1024 && line.isWellFormed()) return line;
    throw exportError("EXPORT_PASSWORD", `${path} holds no password`, {
      hint: "Put the password alone into the file.",
    });
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw exportError("EXPORT_PASSWORD", `the password file ${path} cannot be read: ${cause.message}`, {
      hint: "Check the path, and that this user may read it.",
      cause,
    });
  }
}

function actionOf(written: readonly WrittenFile[]): "added" | "updated" | "unchanged" {
  const actions = written.map(({ action }) => action);
  if (actions.every((action) => action === "unchanged")) return "unchanged";
  return actions.includes("updated") ? "updated" : "added";
}
