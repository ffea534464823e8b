/** Fit a theory to measured expansion rates: formula and priors change, the fit follows at once. */
import { largestOf, smallestOf, type Table } from "@tetrad/engine";
import { type FitResult, fitTheory, observe, type Parameter, predict, type Theory, theoriesOf } from "@tetrad/theory";
import { Chart } from "../chart.js";
import { element, labelled, showError } from "../dom.js";
import { exactEngine } from "../engine.js";
import { CHRONOMETER_TABLE, CHRONOMETERS, EXAMPLES, type Example } from "../examples.js";
import { believed, SOURCE } from "../posterior/believed.js";
import type { Setup } from "../posterior/setup.js";
import type { Panel } from "./panel.js";
import { posteriorSection } from "./posterior.js";

/** What reads YAML and CSV, loaded for the first text or file that is not an example's. */
const readers = () => import("../posterior/setup.js");

/** The measured column of a theory's first data set, and where its curve is drawn: the data's own places among others, if it has one axis. */
interface Shown {
  readonly grid: Readonly<Record<string, readonly number[]>>;
  readonly x: readonly number[];
  /** At the grid's places, where there is a datum. */
  readonly y: readonly (number | null)[];
  readonly sigma: readonly (number | null)[];
}

function shownData(theory: Theory, table: Table): Shown {
  const { x, y, sigma } = observe(theory, table);
  const [first, ...others] = theory.data.x;
  const own = x[first as string] as Float64Array;
  const order = Array.from(own, (_, i) => i).sort((a, b) => (own[a] as number) - (own[b] as number));
  const inOrder = (values: Float64Array): number[] => order.map((i) => values[i] as number);
  if (others.length > 0) {
    const grid = Object.fromEntries(Object.entries(x).map(([name, values]) => [name, inOrder(values)]));
    return { grid, x: inOrder(own), y: inOrder(y), sigma: inOrder(sigma) };
  }
  const [low, high] = [smallestOf(own), largestOf(own)];
  const from = low - 0.05 * (high - low);
  const all = [...Array.from({ length: 80 }, (_, i) => (low > 0 && from < 0 ? 0 : from) + ((high + 0.05 * (high - low) - from) * i) / 79)];
  // Places measured twice stand twice.
  const points = [...all.map((at) => ({ at, i: -1 })), ...order.map((i) => ({ at: own[i] as number, i }))].sort((a, b) => a.at - b.at);
  const at = (values: Float64Array) => points.map(({ i }) => (i < 0 ? null : (values[i] as number)));
  const xs = points.map((point) => point.at);
  return { grid: { [first as string]: xs }, x: xs, y: at(y), sigma: at(sigma) };
}

/** A normal prior on one parameter that the user may narrow. */
interface PriorControl {
  readonly on: HTMLInputElement;
  readonly mean: HTMLInputElement;
  readonly width: HTMLInputElement;
  /** Set by the user: until then the text's own prior counts, to its last digit. */
  touched: boolean;
}

export const fitPanel: Panel = {
  async build(host) {
    const text = element("textarea", { spellcheck: "false", "aria-label": "theory as YAML" });
    const example = element("select", {}, ...Object.keys(EXAMPLES).map((name) => element("option", {}, name)));
    const file = element("input", { type: "file", id: "fit-file", accept: ".csv,.tsv,.tab,.txt,.dat" });
    const back = element("button", { hidden: true }, "Back to H(z)");
    const said = element("p", { class: "note" });
    const message = element("p", { class: "note", "aria-live": "polite" });
    const priors = element("div");
    const results = element("div", { id: "fit-results", class: "scroll" });
    const plot = element("div");
    host.append(
      element("h2", {}, "Expansion rates of the universe"),
      element(
        "p",
        { class: "note" },
        "31 cosmic chronometers: H(z) in km/s/Mpc. Change the formula or a prior; the fit follows. Or choose a file of your own data, which this page reads and sends nowhere.",
      ),
      element(
        "div",
        { class: "columns" },
        element(
          "div",
          {},
          element("div", { class: "row" }, labelled("start from", example)),
          element("div", { class: "row" }, labelled("own data:", file), back),
          said,
          text,
          priors,
        ),
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
    let source = CHRONOMETERS;
    let table = CHRONOMETER_TABLE;
    let chosen: Example | undefined;
    let shown: Shown | undefined;
    let last: { readonly best: readonly number[] } | undefined;
    let theory: Theory | undefined;
    let controls = new Map<string, PriorControl>();
    let turn = 0;

    const refit = async (): Promise<void> => {
      const mine = ++turn;
      try {
        if (theory === undefined) return;
        const whole = believed(theory, priorsOf(controls));
        const fit = await fitTheory(await exactEngine(), whole, table);
        if (mine !== turn) return;
        show(whole, fit);
      } catch (error) {
        if (mine === turn) showError(message, error);
      }
    };

    const draw = (upper: readonly number[], lower: readonly number[]): void => {
      if (shown === undefined || last === undefined) return;
      chart.draw([shown.x, upper, lower, last.best, shown.y], { line: 4, sigma: shown.sigma });
    };
    const show = (whole: Theory, fit: FitResult): void => {
      shown = shownData(whole, table);
      const [x] = whole.data.x;
      chart.name(source === CHRONOMETERS ? "redshift z" : (x as string), source === CHRONOMETERS ? "H (km/s/Mpc)" : whole.data.y);
      const { value, uncertainty } = predict(whole, fit, shown.grid);
      const half = uncertainty ?? value.map(() => 0);
      last = { best: [...value] };
      draw(
        [...value].map((v, i) => v + (half[i] as number)),
        [...value].map((v, i) => v - (half[i] as number)),
      );
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

    const posterior = posteriorSection({
      setup: () =>
        theory === undefined || shown === undefined
          ? undefined
          : { setup: { yaml: text.value, priors: priorsOf(controls), table: source }, grid: shown.grid },
      onBand: (band) => draw(band[2] as readonly number[], band[0] as readonly number[]),
    });
    host.append(posterior.view);
    const changed = (): Promise<void> => {
      posterior.outdate();
      return refit();
    };
    const parse = async (): Promise<void> => {
      posterior.outdate();
      theory = undefined;
      shown = undefined;
      const mine = ++turn;
      try {
        const read =
          source === CHRONOMETERS && text.value === chosen?.text
            ? (theoriesOf(chosen.object, { source: SOURCE })[0] as Theory)
            : (await readers()).readTheory({ yaml: text.value, table: source });
        if (mine !== turn) return;
        theory = read;
        const before = controls;
        controls = new Map();
        priors.replaceChildren(
          ...theory.parameters.filter(({ fixed }) => !fixed).map((parameter) => priorControls(parameter, before, controls, changed)),
        );
        void refit();
      } catch (error) {
        if (mine === turn) showError(message, error);
      }
    };
    const begin = async (): Promise<void> => {
      try {
        const { value } = example;
        const next = await EXAMPLES[value]?.();
        if (next === undefined || value !== example.value) return; // another one was chosen meanwhile
        chosen = next;
        text.value = next.text;
        controls = new Map();
        await parse();
      } catch (error) {
        showError(message, error);
      }
    };
    example.addEventListener("change", () => void begin());
    const useData = async (next: Setup["table"]): Promise<void> => {
      try {
        table = next === CHRONOMETERS ? CHRONOMETER_TABLE : (await readers()).readTableText(next);
        source = next;
        said.className = "note";
        said.textContent = `${next.name}: ${table.rows.length} rows of ${table.columns.join(", ")}`;
        back.hidden = next === CHRONOMETERS;
        await parse();
      } catch (error) {
        showError(said, error);
      }
    };
    file.addEventListener("change", async () => {
      const [own] = file.files ?? [];
      if (own !== undefined) await useData({ name: own.name, text: await own.text() });
    });
    back.addEventListener("click", () => {
      file.value = "";
      void useData(CHRONOMETERS);
      file.focus();
    });
    let timer = 0;
    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void parse(), 250);
    });
    await begin();
  },
};

function priorsOf(controls: ReadonlyMap<string, PriorControl>): Setup["priors"] {
  const on = [...controls].filter(([, control]) => control.on.checked && control.touched);
  return Object.fromEntries(on.map(([name, { mean, width }]) => [name, { mean: Number(mean.value), sd: Number(width.value) }]));
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
  const control: PriorControl = { on, mean, width, touched: known?.touched ?? false };
  controls.set(name, control);
  const said = element("span", { class: "note" });
  const say = (): void => {
    said.textContent = on.checked
      ? `${Number(mean.value).toPrecision(3)} ± ${Number(width.value).toPrecision(2)}`
      : "flat within its bounds";
    mean.disabled = width.disabled = !on.checked;
  };
  for (const input of [on, mean, width])
    input.addEventListener("input", () => {
      control.touched = true;
      say();
      void changed();
    });
  say();
  return element("fieldset", {}, element("legend", {}, labelled(`prior on ${name}`, on)), said, mean, width);
}
