export { exportErrorCodes } from "./error-codes.ts";
export {
  type ExportFormat,
  type ExportRequest,
  type ExportWords,
  exportFormats,
  parseExportTarget,
  readExportWords,
  type SecretPlace,
} from "./export-request.ts";
export { type PemPart, pemParts } from "./pem-parts.ts";
export { createPkcs12, type Pkcs12Contents } from "./pkcs12.ts";
export { type FileAccess, isThere, type NewFile, replaceFiles, type WrittenFile } from "./replace-files.ts";
export { exportCertificate, exportTarget, type FindSecret } from "./target.ts";
