/** A plan as a picture: launches in time order, and under them the memory that each value takes while it lives. */
import {
  adam,
  cnn,
  crossEntropy,
  type LaunchTime,
  type Machine,
  type Model,
  mlp,
  mse,
  rooflineShare,
  type Tensor,
  type TrainProgram,
} from "@tetrad/engine";
import { element, labelled, showError } from "../dom.js";
import { engine, onSwitch } from "../engine.js";
import type { Panel } from "./panel.js";

interface Example {
  readonly model: Model;
  readonly rows: number;
  /** Labels for a classifier, numbers else. */
  readonly classes: boolean;
}

const NETWORKS: Readonly<Record<string, Example>> = {
  "4-64-32-1, 32 rows": { model: mlp([4, 64, 32, 1], { activation: "relu" }), rows: 32, classes: false },
  "784-512-256-10, 128 rows": { model: mlp([784, 512, 256, 10], { activation: "relu" }), rows: 128, classes: true },
  "digits: two convolutions, 50 rows": {
    model: cnn({ input: [1, 28, 28], channels: [8, 16], hidden: [64], classes: 10 }),
    rows: 50,
    classes: true,
  },
};

/** Hands a training step to `look`, and frees it afterwards. */
async function withStep({ model, rows, classes }: Example, look: (program: TrainProgram) => Promise<void>): Promise<void> {
  const own = await engine();
  const y = classes ? { shape: [rows], dtype: "i32" as const } : [rows, ...model.outputShape];
  const loss = classes ? crossEntropy : mse;
  const store = own.store(model.params);
  const program = await own.compile(
    store,
    { x: [rows, ...model.inputShape], y },
    (params, inputs) => loss(model.apply(params, inputs["x"] as Tensor, { training: true }), inputs["y"] as Tensor),
    { optimizer: adam() },
  );
  try {
    await look(program);
  } finally {
    program.close();
    own.releaseOptimizerState(store);
    store.release();
  }
}

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, TIMES, MEMORY] = [1000, 150, 260];

export const planPanel: Panel = {
  async build(host) {
    const choice = element("select", { id: "plan-choice" }, ...Object.keys(NETWORKS).map((name) => element("option", {}, name)));
    const message = element("p", { class: "note", id: "plan-message", "aria-live": "polite" });
    const picture = element("div");
    const table = element(
      "div",
      { class: "note", id: "plan-detail", "aria-live": "polite" },
      "Point at a launch or a block of memory, or move through them with Tab.",
    );
    host.append(
      element("h2", {}, "One training step, planned"),
      element("div", { class: "row" }, labelled("network", choice)),
      message,
      picture,
      table,
    );
    const show = async (): Promise<void> => {
      try {
        await withStep(NETWORKS[choice.value] as Example, async (program) => {
          const times = await program.profileAsync();
          const machine = await (await engine()).backend.machine();
          picture.replaceChildren(draw(program, times, machine, (text) => (table.textContent = text)));
          const total = times.reduce((sum, { microseconds }) => sum + microseconds, 0);
          message.className = "note";
          message.textContent = `${times.length} launches, ${total.toFixed(0)} µs; ${(program.memory().bytes / 1024).toFixed(0)} KiB between launches; ${program.placement}`;
        });
      } catch (error) {
        showError(message, error);
      }
    };
    choice.addEventListener("change", () => void show());
    onSwitch(() => void show());
    await show();
  },
};

/** Launch i takes the column between its begin and end in time; memory runs downwards by address. */
function draw(program: TrainProgram, times: readonly LaunchTime[], machine: Machine, tell: (text: string) => void): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${TIMES + MEMORY + 80}`);
  svg.setAttribute("class", "plan");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "launches over time, and memory blocks");
  const total = times.reduce((sum, { microseconds }) => sum + microseconds, 0);
  // Launches of no measurable time keep a sliver, so that they can be seen.
  const least = 0.003 * total;
  const widths = times.map(({ microseconds }) => Math.max(microseconds, least));
  const scale = WIDTH / widths.reduce((a, b) => a + b, 0);
  const begins: number[] = [];
  let at = 0;
  for (const width of widths) {
    begins.push(at);
    at += width * scale;
  }
  begins.push(at);
  const rect = (x: number, y: number, width: number, height: number, fill: string, text: string): void => {
    const made = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({
      x,
      y,
      width: Math.max(width, 0.5),
      height: Math.max(height, 0.5),
      fill,
      tabindex: 0,
      role: "img",
    }))
      made.setAttribute(name, `${value}`);
    made.setAttribute("aria-label", text);
    for (const event of ["pointerenter", "focus"]) made.addEventListener(event, () => tell(text));
    svg.append(made);
  };
  times.forEach((time, i) => {
    const share = Math.min(1, rooflineShare(time, machine));
    const text = `${time.title}: ${time.shapes}; ${time.microseconds.toFixed(2)} µs, ${((100 * time.microseconds) / total).toFixed(0)} % of the step; ${(time.flops / 1e3).toFixed(0)} kFLOP, ${(time.bytes / 1024).toFixed(0)} KiB; ${(100 * share).toFixed(0)} % of the roofline`;
    const height = Math.max(4, share * (TIMES - 10));
    rect(begins[i] as number, TIMES - height, (begins[i + 1] as number) - (begins[i] as number), height, hue(time.title), text);
  });
  label(svg, 0, TIMES + 30, "height: share of the roofline · width: time");
  const { bytes, blocks } = program.memory();
  const top = TIMES + 40;
  for (const { name, offset, bytes: size, first, last } of blocks) {
    const from = begins[Math.min(first, times.length)] as number;
    const to = begins[Math.min(last + 1, times.length)] as number;
    const text = `${name}: ${(size / 1024).toFixed(1)} KiB at ${offset}, launches ${first} to ${last}`;
    rect(from, top + (offset / bytes) * MEMORY, to - from, (size / bytes) * MEMORY, hue(name), text);
  }
  label(svg, 0, TIMES + MEMORY + 70, "memory between launches, address downwards");
  return svg;
}

function label(svg: SVGSVGElement, x: number, y: number, text: string): void {
  const made = document.createElementNS(SVG, "text");
  made.setAttribute("x", `${x}`);
  made.setAttribute("y", `${y}`);
  made.textContent = text;
  svg.append(made);
}

/** A colour by kind of kernel, the same for the same name. */
function hue(name: string): string {
  let hash = 0;
  for (const character of name.split(/[_ ]/)[0] ?? "") hash = (hash * 31 + character.charCodeAt(0)) % 360;
  return `hsl(${hash} 55% 52%)`;
}
