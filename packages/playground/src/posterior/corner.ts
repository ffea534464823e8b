/** The corner plot and the traces under it, drawn from a view. */
import { tickStep, ticks } from "d3-array";
import type { ParameterView, View } from "./messages.js";

const [CELL, GAP, LEFT, TOP, BOTTOM] = [150, 14, 66, 26, 44];

type Attributes = Readonly<Record<string, string | number>>;

function svg(tag: string, attributes: Attributes, ...children: readonly (Node | string)[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  made.append(...children);
  return made;
}

/** Median ± σ with two digits of σ. */
export function measured(value: number, sd: number): string {
  const digits = sd > 0 ? Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(sd)))) : 3;
  return `${value.toFixed(digits)} ± ${sd.toFixed(digits)}`;
}

function marks({ low, high }: ParameterView): { readonly at: number; readonly label: string }[] {
  const digits = Math.max(0, -Math.floor(Math.log10(tickStep(low, high, 3))));
  return ticks(low, high, 3).map((value) => ({ at: (value - low) / (high - low), label: value.toFixed(digits) }));
}

export function cornerPlot({ parameters, cells }: View): SVGElement {
  const k = parameters.length;
  const size = k * CELL + (k - 1) * GAP;
  const parts = cells.map(({ row, column, paths }) => {
    const [own, other] = [parameters[column] as ParameterView, parameters[row] as ParameterView];
    const [left, top] = [LEFT + column * (CELL + GAP), TOP + row * (CELL + GAP)];
    const unit = { transform: `translate(${left} ${top}) scale(${CELL})` };
    const drawn =
      row === column
        ? [
            svg("path", { d: paths[0] as string, class: "bars1d" }),
            svg("path", { d: paths[1] as string, class: "density" }),
            ...own.quantiles.map((value, i) => {
              const at = (value - own.low) / (own.high - own.low);
              return svg("path", { d: `M${at} 0V1`, class: i === 1 ? "median" : "median dashed" });
            }),
          ]
        : paths.map((d) => svg("path", { d, class: "region", "fill-rule": "evenodd" }));
    const texts: SVGElement[] = [];
    const text = (attributes: Attributes, words: string) => texts.push(svg("text", attributes, words));
    if (row === column)
      text(
        { x: left + CELL / 2, y: top - 7, "text-anchor": "middle", class: "label" },
        `${own.name} ${measured(own.quantiles[1] as number, own.sd)}`,
      );
    if (row === k - 1) {
      for (const { at, label } of marks(own)) text({ x: left + at * CELL, y: top + CELL + 16, "text-anchor": "middle" }, label);
      text({ x: left + CELL / 2, y: top + CELL + 36, "text-anchor": "middle", class: "label" }, own.name);
    }
    if (column === 0 && row > 0) {
      for (const { at, label } of marks(other)) text({ x: left - 6, y: top + CELL * (1 - at) + 4, "text-anchor": "end" }, label);
      text({ transform: `translate(14 ${top + CELL / 2}) rotate(-90)`, "text-anchor": "middle", class: "label" }, other.name);
    }
    return svg("g", {}, svg("g", unit, svg("rect", { width: 1, height: 1, class: "frame" }), ...drawn), ...texts);
  });
  const words = parameters.map(({ name, quantiles, sd }) => `${name} = ${measured(quantiles[1] as number, sd)}`).join(", ");
  return svg(
    "svg",
    {
      viewBox: `0 0 ${LEFT + size + 8} ${TOP + size + BOTTOM}`,
      class: "corner",
      style: `min-width: ${6.5 * k}rem`,
      role: "img",
      "aria-label": `posterior: ${words}`,
    },
    ...parts,
  );
}

export function tracePlot({ parameters }: View): SVGElement {
  const [width, height, gap] = [600, 80, 12];
  const rows = parameters.map((parameter, row) => {
    const top = row * (height + gap);
    const inside = { transform: `translate(${LEFT} ${top + 4}) scale(${width - LEFT - 8} ${height})` };
    const labels = marks(parameter).map(({ at, label }) =>
      svg("text", { x: LEFT - 6, y: top + 8 + height * (1 - at), "text-anchor": "end" }, label),
    );
    const name = svg(
      "text",
      { transform: `translate(12 ${top + height / 2}) rotate(-90)`, "text-anchor": "middle", class: "label" },
      parameter.name,
    );
    const lines = parameter.traces.map((d, c) => svg("path", { d, class: `trace c${c % 4}` }));
    return svg("g", {}, svg("g", inside, svg("rect", { width: 1, height: 1, class: "frame" }), ...lines), ...labels, name);
  });
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${parameters.length * (height + gap)}`,
      class: "corner traces",
      role: "img",
      "aria-label": "traces of the chains",
    },
    ...rows,
  );
}
