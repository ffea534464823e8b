/** The whole posterior of the theory above: chains in workers, a corner plot that fills while they run, and whether the numbers can be used. */
import { download, element, labelled, showError } from "../dom.js";
import type { View } from "../posterior/messages.js";
import type { Run } from "../posterior/run.js";
import type { Setup } from "../posterior/setup.js";

export interface PosteriorHost {
  /** Undefined while the theory cannot be read. */
  setup(): { readonly setup: Setup; readonly grid: Readonly<Record<string, readonly number[]>> } | undefined;
  /** 68 % of the posterior at the grid. */
  onBand(band: readonly (readonly number[])[]): void;
}

export interface PosteriorSection {
  readonly view: HTMLElement;
  /** The theory, a prior or the data have changed: what is shown is about another one. */
  outdate(): void;
}

/** What a first run needs. */
async function loadTools() {
  const [run, corner] = await Promise.all([import("../posterior/run.js"), import("../posterior/corner.js")]);
  return { ...run, ...corner };
}

export function posteriorSection({ setup, onBand }: PosteriorHost): PosteriorSection {
  const number = (value: number, min: number, max: number) =>
    element("input", { type: "number", value, min, max, step: 1, required: true });
  const [chains, warmup, draws, seed] = [number(4, 2, 16), number(1000, 0, 100_000), number(1000, 10, 100_000), number(0, 0, 1e9)];
  const start = element("button", { id: "posterior-start" }, "Sample");
  const stop = element("button", { id: "posterior-stop", disabled: true }, "Stop");
  const more = element("button", { id: "posterior-continue", disabled: true }, "Continue");
  const csv = element("button", { id: "posterior-csv", disabled: true }, "Draws as CSV");
  const getdist = element("button", { id: "posterior-getdist", disabled: true }, "GetDist files");
  const bar = element("progress", { max: 1, value: 0, "aria-label": "progress of the chains", hidden: true });
  const pace = element("p", { class: "note", id: "posterior-pace" });
  const verdict = element("p", { class: "note", id: "posterior-verdict", "aria-live": "polite" });
  const [plot, traces, results] = [
    element("div", { class: "scroll" }),
    element("div"),
    element("div", { id: "posterior-results", class: "scroll" }),
  ];
  const view = element(
    "section",
    {},
    element("h3", {}, "Posterior"),
    element("p", { class: "note" }, "NUTS chains of this theory, these priors and these data, in workers of this page."),
    element(
      "div",
      { class: "row" },
      labelled("chains", chains),
      labelled("warm-up", warmup),
      labelled("draws of each", draws),
      labelled("seed", seed),
    ),
    element("div", { class: "row" }, start, stop, more, csv, getdist, bar),
    pace,
    verdict,
    element("div", { class: "columns wide" }, plot, element("div", {}, results, traces)),
  );
  let tools: Awaited<ReturnType<typeof loadTools>> | undefined;
  let run: Run | undefined;
  let seen: View | undefined;
  let [running, fresh] = [false, false];

  const refresh = (): void => {
    start.disabled = running;
    stop.disabled = !running;
    more.disabled = running || run === undefined || !fresh;
    csv.disabled = getdist.disabled = running || seen === undefined;
    bar.hidden = !running;
  };
  const figures = ({ summaries, divergences, draws: n }: View): string => {
    const rhat = Math.max(...summaries.map((one) => one.rhat ?? Number.NaN));
    const ess = Math.min(...summaries.map((one) => one.essBulk ?? Number.NaN));
    const rate = ess / (run?.seconds ?? Number.NaN);
    return `${n} draws, largest r̂ ${rhat.toFixed(3)}, fewest effective draws ${ess.toFixed(0)}, ${rate.toFixed(0)} effective draws a second (warm-up counted), ${divergences} divergences`;
  };
  const show = (next: View): void => {
    if (tools === undefined) return;
    const { cornerPlot, measured, tracePlot } = tools;
    seen = next;
    plot.replaceChildren(cornerPlot(next));
    traces.replaceChildren(tracePlot(next));
    const header = ["", "mean ± σ", "68 %", "r̂", "ESS"].map((name) => element("th", { scope: "col" }, name));
    const rows = next.summaries.map(({ name, mean, sd, quantiles, rhat, essBulk }, i) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        ...[
          `${measured(mean, sd)} ${next.units[i]}`,
          `${(quantiles[1] as number).toPrecision(4)} to ${(quantiles[3] as number).toPrecision(4)}`,
          rhat?.toFixed(3) ?? "–",
          essBulk?.toFixed(0) ?? "–",
        ].map((text) => element("td", {}, text)),
      ),
    );
    results.replaceChildren(element("table", {}, element("tr", {}, ...header), ...rows));
    pace.textContent = figures(next);
    if (next.band.length > 0 && fresh) onBand(next.band);
  };
  const judged = (finished: boolean): void => {
    const how = finished ? "" : "stopped; ";
    if (seen === undefined) {
      verdict.textContent = `${how}still in warm-up: there are no draws yet`;
      return;
    }
    const { converged, reasons } = seen.verdict;
    verdict.className = converged ? "note good" : "note error";
    const words = converged
      ? "converged: the chains agree with each other and are long enough, the numbers can be used"
      : `not converged: ${reasons.join("; ")}`;
    verdict.textContent = [`${how}${words}`, ...seen.messages].join("\n");
  };
  const begin = (): void => {
    running = true;
    verdict.className = "note";
    verdict.textContent = "";
    refresh();
    // A button that is disabled loses the focus, which a keyboard cannot find again.
    stop.focus({ preventScroll: true });
  };
  const end = (): void => {
    const focused = [document.body, stop].includes(document.activeElement as HTMLElement);
    running = false;
    refresh();
    if (focused) (more.disabled ? start : more).focus({ preventScroll: true });
  };

  start.addEventListener("click", async () => {
    if (![chains, warmup, draws, seed].every((control) => control.reportValidity())) return;
    start.disabled = true;
    try {
      tools ??= await loadTools();
    } catch (error) {
      showError(verdict, error);
      return;
    } finally {
      start.disabled = false;
    }
    const asked = setup();
    if (asked === undefined) {
      verdict.className = "note error";
      verdict.textContent = "The theory's text has a mistake: it is told above.";
      return;
    }
    run?.close();
    seen = undefined;
    fresh = true;
    for (const part of [plot, traces, results]) part.replaceChildren();
    pace.textContent = "starting the workers …";
    begin();
    const options = { warmup: Number(warmup.value), draws: Number(draws.value), seed: Number(seed.value) };
    run = new tools.Run(asked.setup, options, Number(chains.value), asked.grid, {
      onProgress(share, warming) {
        bar.value = share;
        if (warming && seen === undefined) pace.textContent = `warming up: ${(100 * share).toFixed(0)} % of all iterations`;
      },
      onView: show,
      onRest(finished) {
        end();
        judged(finished);
      },
      onError(message) {
        run = undefined;
        end();
        showError(verdict, message);
      },
    });
  });
  stop.addEventListener("click", () => run?.stop());
  more.addEventListener("click", () => {
    begin();
    run?.proceed();
  });
  csv.addEventListener("click", async () => {
    const files = await run?.files();
    if (files !== undefined) download("draws.csv", new TextEncoder().encode(files.csv));
  });
  getdist.addEventListener("click", async () => {
    const files = await run?.files();
    if (files === undefined) return;
    const { zipSync } = await import("fflate");
    const bytes = Object.fromEntries(files.getdist.map(({ name, text }) => [name, new TextEncoder().encode(text)]));
    download("chains.zip", zipSync(bytes) as Uint8Array<ArrayBuffer>);
  });
  return {
    view,
    outdate() {
      if (run === undefined || !fresh) return;
      fresh = false;
      run.stop();
      refresh();
      pace.textContent = `${pace.textContent}. The theory, a prior or the data have changed since: sample again.`;
    },
  };
}
