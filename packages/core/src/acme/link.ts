/** One entry of a `Link` header field. */
export interface Link {
  readonly url: string;
  readonly rel: string;
}

/**
 * Reads `Link` header fields (RFC 8288): the target and its `rel`. Entries that cannot be read are left out, and at
 * most 30 are returned.
 */
export function parseLinks(field: string | readonly string[] | undefined): readonly Link[] {
  const text = typeof field === "string" ? field : (field ?? []).join(", ");
  const links: Link[] = [];
  const entry =
    /<([^<>"\s]{1,2048})>((?:\s*;\s*[A-Za-z0-9*!#$&+.^_`|~-]{1,64}(?:\s*=\s*(?:"[^"]{0,512}"|[^\s",;]{1,512}))?)*)/g;
  for (const match of text.slice(0, 65_536).matchAll(entry)) {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i.exec(match[2] ?? "");
    if (match[1] !== undefined && rel !== null)
      links.push({ url: match[1], rel: (rel[1] ?? rel[2] ?? "").toLowerCase() });
    if (links.length === 30) break;
  }
  return links;
}
