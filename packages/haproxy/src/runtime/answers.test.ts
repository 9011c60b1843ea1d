import { describe, expect, test } from "vitest";
import {
  parseAbort,
  parseAdd,
  parseCommit,
  parseDelete,
  parseDeleteEntry,
  parseNew,
  parseRefusal,
  parseSet,
} from "./answers.ts";

// The texts are what HAProxy 2.6.12 and 3.2.26 were seen to say, without the closing blank line.
const locked = "Operations on certificates are currently locked!";
const tooBig =
  "The command line is too big for the buffer size. Please change tune.bufsize in the configuration to use a bigger command.";
const unknown26 = "Unknown command, but maybe one of the following ones is a better match:\n  show ssl cert\n";
const unknown32 = "Unknown command: 'bogus', but maybe one of the following ones is a better match:\n  help\n";

test.each([
  ["Transaction created for certificate /a.pem!", { kind: "created" }],
  ["Transaction updated for certificate /a.pem!", { kind: "updated" }],
  ["Transaction updated for certificate /b.pem!", { kind: "misdirected", into: "/b.pem" }],
  [
    "Can't replace a certificate which is not referenced by the configuration!\nCan't update /a.pem!",
    { kind: "unknown" },
  ],
  [
    "The ongoing transaction is about '/b.pem' but you are trying to set '/a.pem'\nCan't update /a.pem!",
    { kind: "occupied", by: "/b.pem" },
  ],
  [
    "unable to load certificate from file '/a.pem': no start line.\nCan't load the payload\nCan't update /a.pem!",
    { kind: "rejected", reason: "unable to load certificate from file '/a.pem': no start line." },
  ],
  [`Can't update the certificate!\n${locked}`, { kind: "locked" }],
  ["Permission denied", { kind: "denied" }],
  ["Can't allocate memory!", { kind: "denied" }],
  [tooBig, { kind: "too-big" }],
  [unknown26, { kind: "unsupported" }],
  [unknown32, { kind: "unsupported" }],
])("set: %j", (text, answer) => expect(parseSet(text, "/a.pem")).toEqual(answer));

test.each([
  ["Committing /a.pem..\nSuccess!", { kind: "committed", instances: 2, notes: "" }],
  ["Committing /a.pem\nSuccess!", { kind: "committed", instances: 0, notes: "" }],
  [
    "Committing /a.pem.\nparsing [h.cfg:11]: negative filters without a wildcard won't do anything!\nSuccess!",
    {
      kind: "committed",
      instances: 1,
      notes: "parsing [h.cfg:11]: negative filters without a wildcard won't do anything!",
    },
  ],
  ["No ongoing transaction! !\nCan't commit /a.pem!", { kind: "none" }],
  [
    "The ongoing transaction is about '/b.pem' but you are trying to set '/a.pem'\nCan't commit /a.pem!",
    { kind: "occupied", by: "/b.pem" },
  ],
  [
    "inconsistencies between private key and certificate loaded '/a.pem'.\nCan't commit /a.pem!",
    { kind: "rejected", reason: "inconsistencies between private key and certificate loaded '/a.pem'." },
  ],
  [
    "The transaction must contain at least a certificate and a private key!\nCan't commit /a.pem!",
    { kind: "rejected", reason: "The transaction must contain at least a certificate and a private key!" },
  ],
  ["Committing /a.pem.\nunable to load\nFailed!", { kind: "rejected", reason: "Committing /a.pem. unable to load" }],
  [`Can't commit the certificate!\n${locked}`, { kind: "locked" }],
])("commit: %j", (text, answer) => expect(parseCommit(text, "/a.pem")).toEqual(answer));

test.each([
  ["Transaction aborted for certificate '/a.pem'!", { kind: "aborted" }],
  ["No ongoing transaction!", { kind: "none" }],
  [
    "The ongoing transaction is about '/b.pem' but you are trying to abort a transaction for '/a.pem'",
    { kind: "occupied", by: "/b.pem" },
  ],
  [`Can't abort!\n${locked}`, { kind: "locked" }],
])("abort: %j", (text, answer) => expect(parseAbort(text, "/a.pem")).toEqual(answer));

test.each([
  ["New empty certificate store '/a.pem'!", { kind: "created" }],
  ["Certificate '/a.pem' already exists!", { kind: "exists" }],
  ["Certificate '/a.pem' already exists!\nUnable to create certificate path \"/a.pem\".", { kind: "exists" }],
  [`Can't create a certificate!\n${locked}`, { kind: "locked" }],
])("new: %j", (text, answer) => expect(parseNew(text, "/a.pem")).toEqual(answer));

test.each([
  ["Certificate '/a.pem' deleted!", { kind: "deleted" }],
  ["Can't remove the certificate: certificate '/a.pem' in use, can't be deleted!", { kind: "in-use" }],
  ["Can't remove the certificate: certificate '/a.pem' doesn't exist!", { kind: "unknown" }],
])("del: %j", (text, answer) => expect(parseDelete(text, "/a.pem")).toEqual(answer));

test.each([
  ["Inserting certificate '/a.pem' in crt-list '/l'.\nSuccess!", { kind: "added", instances: 1, notes: "" }],
  ["Can't edit the crt-list: crt-list '/l' does not exist!", { kind: "no-list" }],
  ["Can't edit the crt-list: certificate '/a.pem' does not exist!", { kind: "unknown" }],
  ["Can't edit the crt-list: file already exists in this directory!", { kind: "exists" }],
  [
    "Can't edit the crt-list: parsing [CLI:1]: unknown ssl keyword bogus",
    { kind: "rejected", reason: "parsing [CLI:1]: unknown ssl keyword bogus" },
  ],
  [
    "Can't edit the crt-list: certificate '/a.pem' is empty!",
    { kind: "rejected", reason: "certificate '/a.pem' is empty!" },
  ],
])("add: %j", (text, answer) => expect(parseAdd(text, "/l", "/a.pem")).toEqual(answer));

test.each([
  ["Entry '/a.pem' deleted in crtlist '/l'!", { kind: "deleted" }],
  [
    "Can't delete the entry: found the certificate '/a.pem' in several entries, please specify a line number preceded by colons (3, 4)!",
    { kind: "several", lines: [3, 4] },
  ],
  ["Can't delete the entry: crt-list '/l' does not exist!", { kind: "unknown" }],
  [
    "Can't delete the entry: certificate '/a.pem' cannot be deleted, it is used as default certificate by the following frontends:\n\t- h.cfg:11",
    {
      kind: "rejected",
      reason:
        "certificate '/a.pem' cannot be deleted, it is used as default certificate by the following frontends: - h.cfg:11",
    },
  ],
])("del entry: %j", (text, answer) => expect(parseDeleteEntry(text, "/l", "/a.pem:2")).toEqual(answer));

describe("a text nobody has seen", () => {
  const parsers = {
    set: (text: string) => parseSet(text, "/a.pem"),
    commit: (text: string) => parseCommit(text, "/a.pem"),
    abort: (text: string) => parseAbort(text, "/a.pem"),
    new: (text: string) => parseNew(text, "/a.pem"),
    del: (text: string) => parseDelete(text, "/a.pem"),
    add: (text: string) => parseAdd(text, "/l", "/a.pem"),
    "del entry": (text: string) => parseDeleteEntry(text, "/l", "/a.pem"),
  };
  const texts = ["", "Success!", "Committing /b.pem.\nSuccess!", "HTTP/1.1 200 OK", "Committing /a.pem..x\nSuccess!"];
  test.each(Object.entries(parsers))("is never taken for a success of %s", (_, parse) => {
    for (const text of texts) {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: "HAPROXY_UNEXPECTED_ANSWER" }));
    }
  });

  test("is shown without what could be key material", () => {
    const line = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVcB/UNPxalR9zDYA";
    const echo = () => parseAbort(`Unexpected '${line}' in ${line.slice(0, 14)}`, "/a.pem");
    expect(echo).toThrow(/Unexpected '…' in …/);
  });
});

test("knows the lock by every command's spelling of it", () => {
  const said = ["Can't show!\nOperations on", "Can't update: operations on"].map(
    (start) => `${start} certificates are currently locked!`,
  );
  expect(said.map(parseRefusal)).toEqual([{ kind: "locked" }, { kind: "locked" }]);
});
