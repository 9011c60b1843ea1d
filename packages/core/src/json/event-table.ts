import type { ChallengeType } from "../identifier.ts";
import { amount, count, flag, list, moment, named, oneCase, optional, required, text, word } from "./json-type.ts";

const challengeType = word<readonly [ChallengeType, ...ChallengeType[]]>(
  "dns-01",
  "http-01",
  "tls-alpn-01",
  "dns-account-01",
  "dns-persist-01",
);

const identifierJson = named("Identifier", "What a certificate is for (RFC 8555 section 9.7.7, RFC 8738).", {
  type: required(word("dns", "ip"), "A domain name or an address."),
  value: required(text, "The name or address; a wildcard with its `*.`."),
});

/** One TXT value somebody waits for, or sets, or removes. */
export const txtRecordJson = named("TxtRecord", "One TXT value that is set, waited for, or removed.", {
  name: required(text, "Where it is written: the end of the alias chain, whole name."),
  value: required(text, "The value."),
  zone: required(text, "The zone it is in."),
  provider: required(text, "The provider instance that writes it."),
});

/** What one name server said when asked for one value. */
export const serverStateJson = named("ServerState", "What one name server said when asked for one value.", {
  server: required(text, "`ns1.example.net (192.0.2.1:53)` or `192.0.2.1:53`."),
  state: required(text, "`seen`, `absent`, `other` (values), or why there is no answer: `timeout`, `refused`, ..."),
  detail: required(text, "More about it; may be empty."),
});

const certificate = required(text, "Name of the certificate in the store.");
const account = { ca: required(text, "Directory URL of the CA."), account: required(text, "URL of the account.") };
const order = required(text, "URL of the order.");
const target = required(text, "The deploy target, such as `haproxy:/run/haproxy/admin.sock`.");
const identifier = required(identifierJson, "The name that is proved.");
const challenge = required(challengeType, "How it is proved.");
const solver = required(text, "Who answers: `dns-01 (cloudflare)`.");
const records = required(list(txtRecordJson), "The records.");
const server = { name: required(text, "Where it is looked for."), value: required(text, "The value looked for.") };
const elapsedMs = required(amount, "Milliseconds since it was set.");
const trouble = {
  code: required(text, "Stable; see errors.md."),
  message: required(text, "One line."),
  hint: optional(text, "What to do about it."),
};

/** Everything the engine tells while it works, by type: when, and with what. It grows; what is there keeps its meaning. */
export const eventTable = {
  "run.started": oneCase("A run over certificates begins.", {
    certificates: required(list(text), "Their names in the store."),
  }),
  "certificate.started": oneCase("A certificate is due: it is ordered, or deployed.", {
    certificate,
    identifiers: required(list(text), "The names it is for."),
    ca: required(text, "Directory URL of the CA preferred."),
    reason: required(text, "Why it is due."),
  }),
  "certificate.skipped": oneCase("Nothing is due for a certificate.", {
    certificate,
    reason: required(text, "Why not."),
    next: optional(moment, "When to look again."),
  }),
  "acme.request": oneCase("The CA answered a request.", {
    method: required(text, "The HTTP method."),
    url: required(text, "The URL."),
    status: required(count, "The HTTP status."),
    ms: required(amount, "Milliseconds it took."),
  }),
  "provider.request": oneCase("The API of a DNS provider answered a request, or did not.", {
    provider: required(text, "The provider instance that asked."),
    method: required(text, "The HTTP method."),
    url: required(text, "The URL without its query, secrets masked."),
    status: optional(count, "The HTTP status, where there was an answer."),
    error: optional(text, "The code of the failure, where it failed."),
    tries: required(count, "Which try of the same request this was; the first is 1."),
    ms: required(amount, "Milliseconds it took."),
  }),
  "acme.waiting": oneCase("A pause before the CA is asked again.", {
    certificate: optional(text, "Name of the certificate in the store, where it is about one."),
    reason: required(text, "Why."),
    seconds: required(amount, "How long."),
  }),
  "account.created": oneCase("The CA made an account.", account),
  "account.found": oneCase("The CA knows the account.", account),
  "order.created": oneCase("An order was placed.", { certificate, order, status: required(text, "Its status.") }),
  "order.resumed": oneCase("An order of an earlier run is gone on with.", {
    certificate,
    order,
    status: required(text, "Its status."),
  }),
  "authorization.valid": oneCase("A name is proved.", {
    certificate,
    identifier,
    reused: required(flag, "Whether it was proved by an earlier order."),
  }),
  "challenge.chosen": oneCase("It is settled how a name is proved.", { certificate, identifier, challenge, solver }),
  "challenge.presented": oneCase("The answer to a challenge is in place.", {
    certificate,
    identifier,
    challenge,
    solver,
  }),
  "challenge.answered": oneCase("The CA was asked to look at the answer.", { certificate, identifier, challenge }),
  "challenge.failed": oneCase("A name could not be proved this way.", {
    certificate,
    identifier,
    challenge,
    solver,
    code: trouble.code,
    message: trouble.message,
    next: optional(text, "The way tried next."),
  }),
  "dns.alias": oneCase("A challenge's name is an alias, which is followed.", {
    name: required(text, "The name."),
    target: required(text, "Where it leads in the end."),
    chain: required(list(text), "All names on the way."),
  }),
  "dns.aliasIgnored": oneCase("An alias is not followed.", {
    name: required(text, "The name."),
    reason: required(text, "Why not."),
  }),
  "txt.adding": oneCase("TXT records are about to be added.", { records }),
  "txt.added": oneCase("TXT records were added.", { records }),
  "txt.removed": oneCase("TXT records were removed.", { records }),
  "txt.leftOver": oneCase("TXT records could not be removed; the next run tries again.", {
    records,
    code: trouble.code,
    message: trouble.message,
  }),
  "propagation.waiting": oneCase("Not every name server has a value yet.", {
    ...server,
    servers: required(list(serverStateJson), "What each said last."),
    elapsedMs,
  }),
  "propagation.seen": oneCase("Every name server has a value.", { ...server, elapsedMs }),
  "order.ready": oneCase("Every name of an order is proved.", { certificate, order }),
  "order.finalized": oneCase("The CA was asked to sign.", { certificate, order }),
  "certificate.downloaded": oneCase("The CA handed the certificate over.", {
    certificate,
    issuer: required(text, "Name of its issuer."),
    chain: required(count, "Certificates in the chain."),
  }),
  "certificate.stored": oneCase("The certificate is verified and stored.", {
    certificate,
    generation: required(count, "Counts its issuances."),
    notAfter: required(moment, "Its end."),
    serial: required(text, "Its serial number, hex."),
    path: optional(text, "Where its files are."),
  }),
  "deploy.started": oneCase("A certificate is brought to a target.", { certificate, target }),
  "deploy.step": oneCase("A step of that.", {
    certificate,
    target,
    step: required(text, "What is done."),
    detail: optional(text, "More about it."),
  }),
  "deploy.finished": oneCase("The target has it.", {
    certificate,
    target,
    action: required(text, "`updated`, `added`, `unchanged` or `stored`."),
    detail: optional(text, "More about it."),
  }),
  "deploy.failed": oneCase("The target does not have it; tried again on its own schedule.", {
    certificate,
    target,
    ...trouble,
  }),
  "certificate.revoked": oneCase("A certificate was revoked.", {
    certificate,
    reason: required(text, "The reason given to the CA."),
  }),
  warning: oneCase("Something to know that stopped nothing.", {
    ...trouble,
    certificate: optional(text, "Name of the certificate in the store, where it is about one."),
  }),
  "certificate.failed": oneCase("A certificate was not issued.", { certificate, ...trouble }),
  "service.listening": oneCase("The service answers at an address.", { address: required(text, "The address.") }),
  "run.finished": oneCase("A run over certificates ends.", {
    issued: required(count, "Certificates issued."),
    deployed: required(count, "Certificates that were stored already, and were deployed."),
    skipped: required(count, "Certificates nothing was due for."),
    failed: required(count, "Certificates that failed."),
    notDeployed: required(count, "Certificates that are not live everywhere."),
  }),
  "agent.listening": oneCase("A node agent listens.", {
    address: required(text, "Host and port."),
    node: required(text, "The HAProxy node it speaks for."),
  }),
};

export type EventTable = typeof eventTable;
