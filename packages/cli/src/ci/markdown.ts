/** What could become a mark-up of Markdown, a link, a mention, a formula or an end of a table's cell. */
const marks = /[\\`*_{}[\]<>()#+!|~&:@$"']|(?<=www)\./gi;

/** Text from outside as part of a line of Markdown: it shows as it is, and does nothing. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(marks, (mark) => `&#${mark.codePointAt(0)};`);
}
