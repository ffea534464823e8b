/** SVG and HTML as strings, escaped: a report needs no more, and Node has no DOM. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Children are markup already; use `escapeText` for text. Two decimals are a hundredth of a pixel. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? round(value) : escapeText(value as string)}"`)
    .join("");
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`;
}

export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
