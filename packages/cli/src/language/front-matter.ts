/** The head of a README.md, which the Hub reads, and what follows it. */

/** @returns `head`, YAML, empty where there is none; and `body`, with plain line ends */
export function frontMatter(text: string): { readonly head: string; readonly body: string } {
  const plain = text.replaceAll("\r\n", "\n");
  const [, head, body] = /^---\n(.*?)\n---(?:\n(.*))?$/s.exec(plain) ?? [];
  return head === undefined ? { head: "", body: plain } : { head, body: body ?? "" };
}
