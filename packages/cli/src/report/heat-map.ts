/** Which classes are taken for which, as a map of as many classes as there are: at 77 every name can still be read. */
import type { ClassPair } from "./confusions.js";
import { element, escapeText } from "./svg.js";

/** Room that a name takes, in letters */
const MOST_LETTERS = 34;
/** Up to here, squares have room for their counts. */
const FEW = 24;

export function heatMap(labels: readonly string[], pairs: readonly ClassPair[], caption: string): string {
  const n = labels.length;
  const size = n <= 8 ? 44 : n <= FEW ? 26 : 9.5;
  const font = n <= FEW ? 12 : 8.5;
  const names = labels.map((label) => (label.length > MOST_LETTERS ? `${label.slice(0, MOST_LETTERS - 1)}…` : label));
  const room = Math.max(...names.map(({ length }) => length)) * font * 0.55 + 10;
  const [left, top] = [room + 16, room + 16];
  const width = left + n * size + 2;
  const height = top + n * size + 2;
  const cells = pairs.map((pair) => cell(labels, pair, { left, top, size }));
  const body = [
    element("title", {}, "Confusions"),
    element("rect", { x: left, y: top, width: n * size, height: n * size, class: "frame" }),
    element(
      "g",
      { "font-size": font },
      ...names.map((name, i) =>
        element("text", { x: left - 5, y: top + (i + 0.5) * size + font * 0.35, "text-anchor": "end" }, escapeText(name)),
      ),
    ),
    element(
      "g",
      { "font-size": font },
      ...names.map((name, j) =>
        element(
          "text",
          { transform: `translate(${(left + (j + 0.5) * size + font * 0.35).toFixed(2)} ${(top - 5).toFixed(2)}) rotate(-90)` },
          escapeText(name),
        ),
      ),
    ),
    element(
      "text",
      { transform: `translate(12 ${(top + (n * size) / 2).toFixed(2)}) rotate(-90)`, "text-anchor": "middle", class: "label" },
      "true class",
    ),
    element("text", { x: left + (n * size) / 2, y: 13, "text-anchor": "middle", class: "label" }, "predicted class"),
    cells.join(""),
  ];
  const svg = element(
    "svg",
    {
      viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`,
      style: `width:${width.toFixed(0)}px`,
      role: "img",
      "aria-label": "Confusions",
    },
    ...body,
  );
  return element(
    "figure",
    { class: "wide" },
    element("h3", {}, "Confusions"),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Confusions" }, svg),
    element("figcaption", {}, escapeText(caption)),
  );
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

function cell(labels: readonly string[], { target, predicted, count, share }: ClassPair, { left, top, size }: Place): string {
  const [x, y] = [left + predicted * size, top + target * size];
  const title = `${labels[target]} taken for ${labels[predicted]}: ${count} of ${Math.round(count / share)}`;
  // The root makes one in a hundred visible.
  const square = element(
    "rect",
    {
      x: x + 0.5,
      y: y + 0.5,
      width: size - 1,
      height: size - 1,
      class: target === predicted ? "s1 heat" : "s2 heat",
      "fill-opacity": Math.max(0.12, Math.sqrt(share)),
    },
    element("title", {}, escapeText(title)),
  );
  if (labels.length > FEW) return square;
  return (
    square +
    element("text", { x: x + size / 2, y: y + size / 2 + 4, "text-anchor": "middle", class: share > 0.4 ? "on" : "label" }, `${count}`)
  );
}
