/** Train 4-64-32-1 to give the age of a universe from gravity, matter, dark energy and curvature, and watch it learn. */
import { adam, type FitRun, type JsonObject, mlp, mse, type Preprocessing, type TrainedModel, type TrainingState } from "@tetrad/engine";
import { sampleUniverses } from "@tetrad/theory";
import { Chart } from "../chart.js";
import { element, labelled, showError, wholeNumber } from "../dom.js";
import { engine, onSwitch } from "../engine.js";
import { exportModel } from "../export.js";
import { average, smoothed } from "../numbers.js";
import type { Panel } from "./panel.js";

const ROWS = 4096;
const HELD_OUT = 512;
/** Folder of the site's own file system. */
const KEPT = "age-of-the-universe";
/** Epochs between two looks at the predictions. */
const EPOCHS_A_LOOK = 4;

/** Inputs and ages centred and scaled; the network sees nothing else. */
function universes() {
  const { inputs, ages, n } = sampleUniverses(ROWS + HELD_OUT, 1);
  const mean = [0, 1, 2, 3].map((k) => average(n, (i) => inputs[4 * i + k] as number));
  const spread = mean.map((m, k) => Math.sqrt(average(n, (i) => ((inputs[4 * i + k] as number) - m) ** 2)));
  const x = inputs.map((value, i) => (value - (mean[i % 4] as number)) / (spread[i % 4] as number));
  const ageMean = average(n, (i) => ages[i] as number);
  const ageSpread = Math.sqrt(average(n, (i) => ((ages[i] as number) - ageMean) ** 2));
  const y = ages.map((age) => (age - ageMean) / ageSpread);
  // As `tetrad train` keeps it, so that `tetrad predict` does the same to columns of these names.
  const preprocessing: Preprocessing = {
    version: 1,
    inputs: ["gravity", "matter", "dark_energy", "curvature"].map((name, k) => ({
      kind: "number",
      name,
      mean: mean[k] as number,
      scale: spread[k] as number,
    })),
    target: { kind: "number", name: "age", mean: ageMean, scale: ageSpread },
    missing: "error",
    unseen: "error",
  };
  return { x, y, ages, preprocessing, toGyr: (value: number) => value * ageSpread + ageMean };
}

export const trainPanel: Panel = {
  build(host) {
    const start = element("button", { id: "train-start" }, "Train");
    const stop = element("button", { disabled: true }, "Stop");
    const save = element("button", { id: "train-export", disabled: true }, "Export model.zip");
    const keep = element("button", { id: "train-keep", disabled: true }, "Keep in this browser");
    const kept = element("button", { id: "train-kept" }, "Load the kept one");
    const epochs = element("input", { type: "number", min: 1, max: 400, value: 60 });
    const message = element(
      "p",
      { class: "note", id: "train-message", "aria-live": "polite" },
      "A network with two hidden layers, Adam, 32 rows a batch.",
    );
    const [lossHost, scatterHost] = [element("div"), element("div")];
    host.append(
      element("h2", {}, "The age of a universe"),
      element(
        "p",
        { class: "note" },
        `${ROWS} universes drawn at random, ${HELD_OUT} held out; the age is an integral over the expansion that the network learns to replace.`,
      ),
      element("div", { class: "row" }, start, stop, labelled("epochs", epochs), save, keep, kept),
      message,
      element("div", { class: "columns" }, lossHost, scatterHost),
    );
    const loss = new Chart(lossHost, {
      x: "step",
      y: "loss",
      logarithmic: true,
      height: 320,
      lines: [{ label: "mean of 16 steps", color: "--accent" }],
    });
    const scatter = new Chart(scatterHost, {
      x: "true age (Gyr)",
      y: "predicted (Gyr)",
      height: 320,
      lines: [
        { label: "held out", color: "--warm", kind: "points" },
        { label: "exact", color: "--quiet", dash: [4, 4] },
      ],
    });
    const data = universes();
    let model: TrainedModel | undefined;
    let abort: AbortController | undefined;

    const look = async (trained: TrainedModel): Promise<number> => {
      const predicted = await trained.predict(data.x.slice(4 * ROWS));
      const pairs = [...predicted]
        .map((value, i) => [data.ages[ROWS + i] as number, data.toGyr(value)] as const)
        .sort((a, b) => a[0] - b[0]);
      const truth = pairs.map(([age]) => age);
      scatter.draw([truth, pairs.map(([, guess]) => guess), truth]);
      const errors = pairs.map(([age, guess]) => Math.abs(guess / age - 1)).sort((a, b) => a - b);
      return errors[errors.length >> 1] as number;
    };

    const allow = (trained: boolean): void => {
      save.disabled = !trained;
      keep.disabled = !trained;
    };

    /** What the user asked for, and what is said when it is done. */
    const tell = async (body: () => Promise<string>): Promise<void> => {
      try {
        const text = await body();
        message.className = "note";
        message.textContent = text;
      } catch (error) {
        showError(message, error);
      }
    };

    const train = async (): Promise<void> => {
      abort = new AbortController();
      start.disabled = true;
      stop.disabled = false;
      let state: TrainingState | undefined;
      const begun = performance.now();
      try {
        const total = wholeNumber(epochs, "epochs");
        allow(false);
        for (let done = 0; done < total && !abort.signal.aborted; ) {
          // The first look comes soon.
          done = Math.min(total, done + (done === 0 ? 1 : EPOCHS_A_LOOK));
          const run: FitRun = await (await engine()).fit(mlp([4, 64, 32, 1], { activation: "relu" }), {
            x: data.x.subarray(0, 4 * ROWS),
            y: data.y.subarray(0, ROWS),
            loss: mse,
            optimizer: adam({ lr: 1e-3 }),
            batchSize: 32,
            epochs: done,
            seed: 1,
            signal: abort.signal,
            ...(state !== undefined && { resume: state }),
          });
          await model?.close();
          model = run.model;
          state = run.state;
          loss.draw(smoothed(run.history.steps, 16));
          const median = await look(run.model);
          message.className = "note";
          message.textContent = `epoch ${done} of ${total}, step ${run.steps}: loss ${run.history.loss.at(-1)?.toExponential(2) ?? "–"}, median error on held-out universes ${(100 * median).toFixed(2)} %; ${run.microsecondsPerStep.toFixed(0)} µs a step, ${((performance.now() - begun) / 1000).toFixed(1)} s; ${run.placement}`;
        }
        allow(model !== undefined);
      } catch (error) {
        showError(message, error);
      } finally {
        start.disabled = false;
        stop.disabled = true;
      }
    };
    start.addEventListener("click", () => void train());
    stop.addEventListener("click", () => abort?.abort());
    save.addEventListener(
      "click",
      () =>
        void (
          model && exportModel("age-of-the-universe", model, { tetrad: { preprocessing: data.preprocessing } } as unknown as JsonObject)
        ),
    );
    keep.addEventListener(
      "click",
      () =>
        void tell(async () => {
          await model?.save(KEPT);
          return "kept on this site's own storage: it survives a reload";
        }),
    );
    kept.addEventListener(
      "click",
      () =>
        void tell(async () => {
          abort?.abort();
          const loaded = await (await engine()).load(KEPT);
          await model?.close();
          model = loaded;
          const median = await look(loaded);
          allow(true);
          return `the kept network: median error on held-out universes ${(100 * median).toFixed(2)} %`;
        }),
    );
    onSwitch(() => {
      abort?.abort();
      model = undefined;
      allow(false);
    });
  },
};
