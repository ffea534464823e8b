/** Fit a theory to measured expansion rates: formula and priors change, the fit follows at once. */
import { readTable } from "@tetrad/engine";
import { type FitResult, fitTheory, type Parameter, parseTheory, predict, type Theory } from "@tetrad/theory";
import curved from "../../../../examples/cosmic-chronometers/curved-lcdm.yaml?raw";
import flat from "../../../../examples/cosmic-chronometers/flat-lcdm.yaml?raw";
import hz from "../../../../examples/cosmic-chronometers/hz.csv?raw";
import linear from "../../../../examples/cosmic-chronometers/linear.yaml?raw";
import { Chart } from "../chart.js";
import { element, labelled, showError } from "../dom.js";
import { exactEngine } from "../engine.js";
import type { Panel } from "./panel.js";

const EXAMPLES: Readonly<Record<string, string>> = { "flat ΛCDM": flat, "curved ΛCDM": curved, "H linear in z": linear };
const table = readTable(new TextEncoder().encode(hz), "hz.csv");
const column = (name: string): number[] => {
  const at = table.columns.indexOf(name);
  return table.rows.map((row) => Number(row[at]));
};
const [z, h, sigma] = [column("z"), column("H"), column("sigma_H")];
/** Where the curve is drawn, the data's own places among them. */
const GRID = [...new Set([...Array.from({ length: 80 }, (_, i) => (2.1 * i) / 79), ...z])].sort((a, b) => a - b);

/** A normal prior on one parameter that the user may narrow. */
interface PriorControl {
  readonly on: HTMLInputElement;
  readonly mean: HTMLInputElement;
  readonly width: HTMLInputElement;
}

export const fitPanel: Panel = {
  build(host) {
    const text = element("textarea", { spellcheck: "false", "aria-label": "theory as YAML" });
    const example = element("select", {}, ...Object.keys(EXAMPLES).map((name) => element("option", {}, name)));
    const message = element("p", { class: "note", "aria-live": "polite" });
    const priors = element("div");
    const results = element("div", { id: "fit-results" });
    const plot = element("div");
    host.append(
      element("h2", {}, "Expansion rates of the universe"),
      element("p", { class: "note" }, "31 cosmic chronometers: H(z) in km/s/Mpc. Change the formula or a prior; the fit follows."),
      element(
        "div",
        { class: "columns" },
        element("div", {}, labelled("start from", example), text, priors),
        element("div", {}, plot, message, results),
      ),
    );
    const chart = new Chart(plot, {
      x: "redshift z",
      y: "H (km/s/Mpc)",
      height: 340,
      band: [1, 2],
      lines: [
        { label: "+1σ", color: "--accent", kind: "invisible" },
        { label: "−1σ", color: "--accent", kind: "invisible" },
        { label: "best fit", color: "--accent" },
        { label: "measured", color: "--warm", kind: "points" },
      ],
    });
    let theory: Theory | undefined;
    let controls = new Map<string, PriorControl>();
    let turn = 0;

    const refit = async (): Promise<void> => {
      const mine = ++turn;
      try {
        if (theory === undefined) return;
        const believed = {
          ...theory,
          parameters: theory.parameters.map((parameter) => withPrior(parameter, controls.get(parameter.name))),
        };
        const fit = await fitTheory(await exactEngine(), believed, table);
        if (mine !== turn) return;
        show(believed, fit);
      } catch (error) {
        if (mine === turn) showError(message, error);
      }
    };

    const show = (believed: Theory, fit: FitResult): void => {
      const { value, uncertainty } = predict(believed, fit, { z: GRID });
      const half = uncertainty ?? value.map(() => 0);
      const at = (list: readonly number[]) => GRID.map((x) => (z.includes(x) ? (list[z.indexOf(x)] as number) : null));
      const upper = [...value].map((v, i) => v + (half[i] as number));
      const lower = [...value].map((v, i) => v - (half[i] as number));
      chart.draw([GRID, upper, lower, [...value], at(h)], { line: 4, sigma: at(sigma) });
      message.className = "note";
      message.textContent = `χ² = ${fit.chi2.toFixed(3)} for ${fit.dof} degrees of freedom, p = ${fit.pValue?.toFixed(3) ?? "–"}; AIC ${fit.aic.toFixed(2)}, BIC ${fit.bic.toFixed(2)}; ${fit.milliseconds.fit.toFixed(1)} ms`;
      const rows = [...fit.parameters, ...fit.derived].map(({ name, value: best, uncertainty: error, unit }) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, name),
          element("td", {}, `${best.toPrecision(5)}${error === null ? "" : ` ± ${error.toPrecision(2)}`}${unit ? ` ${unit}` : ""}`),
        ),
      );
      results.replaceChildren(element("table", {}, ...rows));
    };

    const parse = (): void => {
      try {
        theory = parseTheory(text.value, { source: "the text on the left" });
        const before = controls;
        controls = new Map();
        priors.replaceChildren(
          ...theory.parameters.filter(({ fixed }) => !fixed).map((parameter) => priorControls(parameter, before, controls, refit)),
        );
        void refit();
      } catch (error) {
        turn++;
        showError(message, error);
      }
    };
    example.addEventListener("change", () => {
      text.value = EXAMPLES[example.value] as string;
      controls = new Map();
      parse();
    });
    let timer = 0;
    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(parse, 250);
    });
    text.value = flat;
    parse();
  },
};

function withPrior(parameter: Parameter, control: PriorControl | undefined): Parameter {
  if (control === undefined || !control.on.checked) return parameter;
  return { ...parameter, prior: { kind: "normal", mean: Number(control.mean.value), sd: Number(control.width.value) } };
}

function priorControls(
  { name, lower, upper, start, prior }: Parameter,
  before: ReadonlyMap<string, PriorControl>,
  controls: Map<string, PriorControl>,
  changed: () => Promise<void>,
): HTMLElement {
  const known = before.get(name);
  const [low, high] = [Number.isFinite(lower) ? lower : start - 50, Number.isFinite(upper) ? upper : start + 50];
  const span = high - low;
  const normal = prior.kind === "normal";
  const slider = (value: number, min: number, max: number, label: string) =>
    element("input", { type: "range", min, max, step: span / 500, value, "aria-label": `${label} of the prior on ${name}` });
  const on = element("input", { type: "checkbox" });
  on.checked = known?.on.checked ?? normal;
  const mean = slider(known === undefined ? (normal ? prior.mean : start) : Number(known.mean.value), low, high, "mean");
  const width = slider(known === undefined ? (normal ? prior.sd : span / 10) : Number(known.width.value), span / 500, span / 2, "width");
  controls.set(name, { on, mean, width });
  const said = element("span", { class: "note" });
  const say = (): void => {
    said.textContent = on.checked
      ? `${Number(mean.value).toPrecision(3)} ± ${Number(width.value).toPrecision(2)}`
      : "flat within its bounds";
    mean.disabled = width.disabled = !on.checked;
  };
  for (const input of [on, mean, width])
    input.addEventListener("input", () => {
      say();
      void changed();
    });
  say();
  return element("fieldset", {}, element("legend", {}, labelled(`prior on ${name}`, on)), said, mean, width);
}
