import { expect, test } from "vitest";
import { findDebianSource } from "./debian-mirror.ts";

test("reads a deb822 file as Debian 12 installs it", () => {
  const text = [
    "Types: deb",
    "# http://snapshot.example/archive",
    "URIs: http://mirror.example/debian",
    "Suites: bookworm bookworm-updates",
    "Components: main",
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
    "",
    "Types: deb",
    "URIs: http://mirror.example/debian-security",
    "Suites: bookworm-security",
    "Components: main",
  ].join("\n");
  expect(findDebianSource([{ name: "debian.sources", text }])).toEqual({
    uri: "http://mirror.example/debian",
    signedBy: "/usr/share/keyrings/debian-archive-keyring.gpg",
  });
});

test("reads one-line entries, with and without options", () => {
  const text =
    "# deb http://old.example/debian sid main\ndeb [arch=amd64 signed-by=/k.gpg] https://m.example/debian/ trixie main contrib\n";
  expect(findDebianSource([{ name: "sources.list", text }])).toEqual({
    uri: "https://m.example/debian/",
    signedBy: "/k.gpg",
  });
});

test("prefers Debian's own archive to a third party that uses Debian's suite names", () => {
  const files = [
    { name: "a.list", text: "deb https://vendor.example/node_20.x bookworm main" },
    { name: "b.list", text: "deb mirror+file:///etc/apt/mirrors/debian.list bookworm main" },
  ];
  expect(findDebianSource(files)?.uri).toBe("mirror+file:///etc/apt/mirrors/debian.list");
});

test("finds nothing in another distribution's sources, disabled entries or source-only entries", () => {
  const files = [
    { name: "ubuntu.list", text: "deb http://archive.example/ubuntu noble main universe" },
    {
      name: "off.sources",
      text: "Types: deb\nEnabled: no\nURIs: http://m.example/debian\nSuites: sid\nComponents: main",
    },
    { name: "src.sources", text: "Types: deb-src\nURIs: http://m.example/debian\nSuites: sid\nComponents: main" },
    { name: "docker.list", text: "deb https://docker.example/linux/debian bookworm stable" },
  ];
  expect(findDebianSource(files)).toBeUndefined();
});
