import type { Declaration } from "../command.ts";
import { accountDeclaration } from "./account.ts";
import { completionDeclaration } from "./completion.ts";
import { configDeclaration, initDeclaration } from "./config.ts";
import { cleanupDeclaration, dnsDeclaration } from "./dns.ts";
import { doctorDeclaration } from "./doctor.ts";
import { exportDeclaration } from "./export.ts";
import { fleetDeclaration } from "./fleet.ts";
import { haproxyDeclaration } from "./haproxy.ts";
import { issueDeclaration } from "./issue.ts";
import { planDeclaration, renewDeclaration } from "./renew.ts";
import { installTimerDeclaration, serveDeclaration } from "./service.ts";
import { stateDeclaration } from "./state.ts";
import {
  deployDeclaration,
  listDeclaration,
  removeDeclaration,
  revokeDeclaration,
  statusDeclaration,
} from "./stored.ts";

/** Every command, in the order help lists them. */
export const declarations: readonly Declaration[] = [
  issueDeclaration,
  renewDeclaration,
  doctorDeclaration,
  planDeclaration,
  listDeclaration,
  statusDeclaration,
  deployDeclaration,
  exportDeclaration,
  revokeDeclaration,
  removeDeclaration,
  dnsDeclaration,
  cleanupDeclaration,
  haproxyDeclaration,
  fleetDeclaration,
  accountDeclaration,
  configDeclaration,
  stateDeclaration,
  initDeclaration,
  serveDeclaration,
  installTimerDeclaration,
  completionDeclaration,
];
