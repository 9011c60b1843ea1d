import { describe, expect, it } from "vitest";
import { stateLocation } from "./location.ts";

const user = { cwd: "/somewhere/here", home: "/home/u", root: false, env: {} };
const at = (path: string) => ({ kind: "directory", path });

describe("stateLocation", () => {
  it("is where it was asked for, root's place, or the user's own", () => {
    expect(stateLocation({ state: "s" }, user)).toEqual(at("/somewhere/here/s"));
    expect(stateLocation({ state: "/s" }, { ...user, root: true })).toEqual(at("/s"));
    expect(stateLocation({ state: undefined }, { ...user, root: true })).toEqual(at("/var/lib/certwright"));
    expect(stateLocation({ state: undefined }, user)).toEqual(at("/home/u/.local/state/certwright"));
    expect(stateLocation({ state: undefined }, { ...user, env: { XDG_STATE_HOME: "/x" } })).toEqual(
      at("/x/certwright"),
    );
    // A relative one is to be ignored (XDG base directory specification).
    expect(stateLocation({ state: undefined }, { ...user, env: { XDG_STATE_HOME: "x" } })).toEqual(
      at("/home/u/.local/state/certwright"),
    );
  });

  it("is a bucket where one is named", () => {
    const named = (state: string) => stateLocation({ state }, user);
    expect(named("s3://acme-state/prod/a=b")).toEqual({ kind: "s3", bucket: "acme-state", prefix: "prod/a=b" });
    expect(named("s3://acme-state/")).toEqual({ kind: "s3", bucket: "acme-state", prefix: "" });
    expect(named("s3://acme-state")).toEqual({ kind: "s3", bucket: "acme-state", prefix: "" });
  });

  it.each([
    "s3:",
    "s3://",
    "s3://a",
    "s3://b_/x",
    "s3://bucket/../x",
    "s3://bucket/a//b",
    "s3://bucket/a?b",
    "gs://b/x",
    "s3://k:s@bucket/x",
  ])("is not %s", (state) => {
    expect(() => stateLocation({ state }, user)).toThrow(expect.objectContaining({ code: "STORE_BAD_LOCATION" }));
  });
});
