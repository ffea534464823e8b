/** The page around the charts: one file, no script, no request to anywhere, readable by day, by night and on a phone. */
import { DARK, LIGHT, SERIES, type SeriesClass } from "./colours.js";
import type { Figure } from "./figure.js";
import { element, escapeText } from "./svg.js";

export interface Section {
  readonly title: string;
  readonly paragraphs?: readonly string[];
  readonly tables?: readonly ReportTable[];
  /** Markup across the page's width */
  readonly blocks?: readonly string[];
  /** From `chart` and `corner`. */
  readonly figures?: readonly Figure[];
}

export interface ReportTable {
  readonly caption: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Words rather than numbers, so to the left. */
  readonly words?: boolean;
}

/** A longer table starts folded: few will read all of it, and nobody on a phone wants to scroll past it. */
const MOST_ROWS = 20;

export function page(title: string, lead: string, sections: readonly Section[]): string {
  const body = sections.map(({ title: heading, paragraphs = [], blocks = [], tables = [], figures = [] }) =>
    element(
      "section",
      {},
      element("h2", {}, escapeText(heading)),
      ...paragraphs.map((text) => element("p", {}, escapeText(text))),
      ...blocks,
      ...tables.map(table),
      figures.length === 0 ? "" : element("div", { class: "figures" }, ...figures.map(({ html }) => html)),
    ),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escapeText(title)}</h1><p>${escapeText(lead)}</p></header>
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}

function table({ caption, header, rows, words = false }: ReportTable): string {
  const cells = (name: "th" | "td", texts: readonly string[]) =>
    texts.map((text, i) =>
      name === "td" && i === 0
        ? element("th", { scope: "row" }, escapeText(text))
        : element(name, name === "th" ? { scope: "col" } : {}, escapeText(text)),
    );
  const drawn = element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      words ? { class: "words" } : {},
      element("caption", {}, escapeText(caption)),
      header.every((text) => text === "") ? "" : element("thead", {}, element("tr", {}, ...cells("th", header))),
      element("tbody", {}, rows.map((row) => element("tr", {}, ...cells("td", row))).join("")),
    ),
  );
  if (rows.length <= MOST_ROWS) return drawn;
  return element("details", {}, element("summary", {}, escapeText(`${caption}: ${rows.length} rows`)), drawn);
}

const variables = (colours: Readonly<Record<SeriesClass, string>>): string =>
  SERIES.map((series) => `--${series}:${colours[series]}`).join(";");

const STYLE = `
:root{--bg:#fff;--fg:#1a1d21;--dim:#5c6570;--grid:#e6e9ed;--frame:#aab2bd;--card:#f7f8fa;${variables(LIGHT)}}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e8eaed;--dim:#a3adb8;--grid:#2a2f36;--frame:#596270;--card:#1b1f25;${variables(DARK)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:1.2rem;background:var(--bg);color:var(--fg);font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:.4rem 0}h2{font-size:1.25rem;margin:2.2rem 0 .4rem;border-bottom:1px solid var(--grid);padding-bottom:.25rem}h3{font-size:1rem;margin:0 0 .3rem}
p{max-width:68ch;margin:.5rem 0}header p{color:var(--dim)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:1rem;margin-top:.8rem}
figure{margin:0;max-width:760px;background:var(--card);border-radius:10px;padding:.9rem}
.figures .large{grid-column:1/-1}figcaption{color:var(--dim);font-size:.9rem;margin-top:.3rem}
svg{display:block;width:100%;height:auto;font:12px system-ui,sans-serif}svg text{fill:var(--dim)}svg .label{fill:var(--fg);font-size:13px}svg .small{font-size:11px}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.88rem;margin-bottom:.2rem}.legend span{display:inline-flex;align-items:center;gap:.4rem}.legend svg{width:24px}
.grid{stroke:var(--grid);fill:none}.frame{stroke:var(--frame);fill:none}.rule{stroke:var(--frame);stroke-dasharray:4 3;fill:none}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}.dashes{stroke-dasharray:6 4}.dot{fill:var(--c)}.cloud{stroke:var(--c);stroke-width:2.6;stroke-linecap:round;stroke-opacity:.55;fill:none}
.bar{stroke:var(--c);stroke-width:1.2;fill:none;stroke-opacity:.75}.column{fill:var(--c);fill-opacity:.75}.whisker{stroke:var(--fg);stroke-width:1.3;fill:none}.region{fill:var(--c);fill-opacity:.16;stroke:var(--c);stroke-width:1.4}.band{fill:var(--c);fill-opacity:.18;stroke:none}
${SERIES.map((series) => `.${series}{--c:var(--${series})}`).join("")}
.heat{fill:var(--c)}svg .on{fill:var(--bg)}figure.wide{max-width:none;margin-top:.8rem}.wide svg{max-width:none}
.scroll{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;font-size:.93rem;font-variant-numeric:tabular-nums}caption{text-align:left;color:var(--dim);padding-bottom:.3rem}
th,td{text-align:right;padding:.28rem .8rem .28rem 0;border-bottom:1px solid var(--grid);white-space:nowrap}th:first-child{text-align:left;font-weight:600}.words td,.words th{text-align:left}.words td{white-space:normal;overflow-wrap:anywhere}details{margin:.8rem 0}summary{cursor:pointer;color:var(--dim)}thead th{color:var(--dim);font-weight:600}
.texts{padding-left:1.8rem;max-width:80ch}.texts li{margin:.5rem 0;line-height:1.7;overflow-wrap:anywhere}.texts div{color:var(--dim);font-size:.9rem}
mark{--c:var(--s3);background:none;color:inherit;border-bottom:2px solid var(--c);padding:0 .1em}mark sub{color:var(--c);font-size:.68em;margin-left:.25em;vertical-align:baseline}
mark.otherwise{--c:var(--s4)}mark.missed{--c:var(--s1);border-bottom-style:dashed}mark.invented{--c:var(--s2);border-bottom-style:dotted}
@media(max-width:600px){th:first-child{white-space:normal;min-width:10rem}}
@media print{body{max-width:none}figure{break-inside:avoid}}
`;
