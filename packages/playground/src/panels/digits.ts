/** Draw a digit; a small convolutional network, trained here, reads it. */
import { adam, cnn, crossEntropy, type FitRun, type TrainedModel, type TrainingState } from "@tetrad/engine";
import { Chart } from "../chart.js";
import { element, showError } from "../dom.js";
import { engine, onSwitch } from "../engine.js";
import { exportModel } from "../export.js";
import { smoothed } from "../numbers.js";
import type { Panel } from "./panel.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const HELD_OUT = 500;
const EPOCHS = 5;
/** How far a key moves the pen, in pixels of the pad. */
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-8, 0],
  ArrowRight: [8, 0],
  ArrowUp: [0, -8],
  ArrowDown: [0, 8],
};

interface Digits {
  readonly x: Float32Array;
  readonly y: Int32Array;
  readonly n: number;
}

/** Records of a label and 784 pixels. */
async function loadDigits(): Promise<Digits> {
  const answer = await fetch("digits.bin");
  if (!answer.ok) throw new Error(`digits.bin: the server answered ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const n = bytes.length / (PIXELS + 1);
  const x = new Float32Array(n * PIXELS);
  const y = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    y[i] = bytes[i * (PIXELS + 1)] as number;
    for (let k = 0; k < PIXELS; k++) x[i * PIXELS + k] = (bytes[i * (PIXELS + 1) + 1 + k] as number) / 255;
  }
  return { x, y, n };
}

export const digitsPanel: Panel = {
  async build(host) {
    const start = element("button", { id: "digits-start" }, "Train");
    const clear = element("button", {}, "Clear");
    const save = element("button", { disabled: true }, "Export model.zip");
    const message = element(
      "p",
      { class: "note", id: "digits-message", "aria-live": "polite" },
      "Two convolutions and two linear layers; 2,500 digits to learn from, 500 held out.",
    );
    const pad = element("canvas", {
      class: "pad",
      width: 224,
      height: 224,
      tabindex: 0,
      "aria-label": "drawing area for one digit: arrow keys move the pen, space lowers and lifts it",
    });
    const pen = element("span", { class: "pen", hidden: true });
    const paper = element("div", { class: "paper" }, pad, pen);
    const bars = element("div", { class: "bars", "aria-live": "polite" });
    const lossHost = element("div");
    host.append(
      element("h2", {}, "Reading digits"),
      element("div", { class: "row" }, start, save),
      message,
      element("div", { class: "columns" }, element("div", {}, paper, element("div", { class: "row" }, clear), bars), lossHost),
    );
    const chart = new Chart(lossHost, {
      x: "step",
      y: "loss",
      logarithmic: true,
      height: 300,
      lines: [{ label: "mean of 8 steps", color: "--accent" }],
    });
    let model: TrainedModel | undefined;

    const context = pad.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    const wipe = (): void => {
      context.fillStyle = "#000";
      context.fillRect(0, 0, pad.width, pad.height);
    };
    wipe();
    const read = async (): Promise<void> => {
      if (model === undefined) return;
      const logits = await model.predict(pictureOf(pad));
      const top = Math.max(...logits);
      const exps = [...logits].map((value) => Math.exp(value - top));
      const sum = exps.reduce((a, b) => a + b, 0);
      bars.replaceChildren(
        ...exps.flatMap((e, digit) => [
          element("span", {}, `${digit}`),
          element("span", { class: "bar", style: `width:${((100 * e) / sum).toFixed(1)}%` }),
          element("span", {}, `${((100 * e) / sum).toFixed(0)} %`),
        ]),
      );
    };
    let drawing = false;
    const place = (event: PointerEvent): [number, number] => {
      const box = pad.getBoundingClientRect();
      return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
    };
    const begin = (at: readonly [number, number]): void => {
      context.beginPath();
      context.moveTo(...at);
    };
    const line = (to: readonly [number, number]): void => {
      context.lineWidth = 18;
      context.lineCap = context.lineJoin = "round";
      context.strokeStyle = "#fff";
      context.lineTo(...to);
      context.stroke();
    };
    pad.addEventListener("pointerdown", (event) => {
      drawing = true;
      pad.setPointerCapture(event.pointerId);
      begin(place(event));
    });
    pad.addEventListener("pointermove", (event) => {
      if (drawing) line(place(event));
    });
    pad.addEventListener("pointerup", () => {
      drawing = false;
      void read();
    });
    const at: [number, number] = [pad.width / 2, pad.height / 2];
    let lowered = false;
    const showPen = (shown: boolean): void => {
      pen.hidden = !shown;
      pen.classList.toggle("lowered", lowered);
      pen.style.left = `${(100 * at[0]) / pad.width}%`;
      pen.style.top = `${(100 * at[1]) / pad.height}%`;
    };
    pad.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (step === undefined && event.key !== " ") return;
      event.preventDefault();
      if (step === undefined) {
        lowered = !lowered;
        if (lowered) {
          begin(at);
          line(at);
        } else void read();
      } else {
        at[0] = Math.min(pad.width, Math.max(0, at[0] + step[0]));
        at[1] = Math.min(pad.height, Math.max(0, at[1] + step[1]));
        if (lowered) line(at);
      }
      showPen(true);
    });
    pad.addEventListener("focus", () => showPen(pad.matches(":focus-visible")));
    pad.addEventListener("blur", () => showPen(false));
    clear.addEventListener("click", () => {
      wipe();
      bars.replaceChildren();
    });

    start.addEventListener("click", async () => {
      start.disabled = true;
      try {
        message.className = "note";
        message.textContent = "Loading digits …";
        const { x, y, n } = await loadDigits();
        const rows = n - HELD_OUT;
        let state: TrainingState | undefined;
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          const run: FitRun = await (await engine()).fit(network(), {
            x: { data: x.subarray(0, rows * PIXELS), shape: [rows, 1, SIDE, SIDE] },
            y: y.subarray(0, rows),
            loss: (prediction, target) => crossEntropy(prediction, target),
            optimizer: adam({ lr: 2e-3 }),
            batchSize: 50,
            epochs: epoch,
            seed: 3,
            ...(state !== undefined && { resume: state }),
            onProgress: ({ step, steps, loss }) => {
              message.textContent = `epoch ${epoch} of ${EPOCHS}, step ${step} of ${steps}: loss ${loss.toFixed(3)}`;
            },
          });
          await model?.close();
          model = run.model;
          state = run.state;
          chart.draw(smoothed(run.history.steps, 8));
          const logits = await model.predict(x.subarray(rows * PIXELS));
          const right = y
            .subarray(rows)
            .reduce((count, label, i) => count + Number(argmax(logits.subarray(10 * i, 10 * i + 10)) === label), 0);
          message.textContent = `after epoch ${epoch}: ${((100 * right) / HELD_OUT).toFixed(1)} % of ${HELD_OUT} held-out digits read right; ${(run.microsecondsPerStep / 1000).toFixed(1)} ms a step; ${run.placement}`;
        }
        save.disabled = false;
        await read();
      } catch (error) {
        showError(message, error);
      } finally {
        start.disabled = false;
      }
    });
    save.addEventListener("click", () => void (model && exportModel("digits", model)));
    onSwitch(() => {
      model = undefined;
      save.disabled = true;
    });
  },
};

function network() {
  return cnn({ input: [1, SIDE, SIDE], channels: [8, 16], hidden: [64], classes: 10 });
}

function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);
}

/** The drawing as MNIST has its digits: 20 pixels in size, its centre of mass in the middle of 28 × 28. */
function pictureOf(pad: HTMLCanvasElement): Float32Array {
  const small = document.createElement("canvas");
  small.width = small.height = SIDE;
  const context = small.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  const { data, width, height } = (pad.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, pad.width, pad.height);
  let [left, top, right, bottom, mass, cx, cy] = [width, height, 0, 0, 0, 0, 0];
  for (let yy = 0; yy < height; yy++) {
    for (let xx = 0; xx < width; xx++) {
      const value = data[4 * (yy * width + xx)] as number;
      if (value === 0) continue;
      left = Math.min(left, xx);
      right = Math.max(right, xx);
      top = Math.min(top, yy);
      bottom = Math.max(bottom, yy);
      mass += value;
      cx += value * xx;
      cy += value * yy;
    }
  }
  const picture = new Float32Array(PIXELS);
  if (mass === 0) return picture;
  const scale = 20 / Math.max(right - left + 1, bottom - top + 1);
  context.imageSmoothingQuality = "high";
  context.setTransform(scale, 0, 0, scale, 14 - (scale * cx) / mass, 14 - (scale * cy) / mass);
  context.drawImage(pad, 0, 0);
  const pixels = context.getImageData(0, 0, SIDE, SIDE).data;
  for (let i = 0; i < PIXELS; i++) picture[i] = (pixels[4 * i] as number) / 255;
  return picture;
}
