/** Which backend computes, with how many threads, and a switch between them. */
import { AutoBackend, BACKEND_NAMES, type BackendName, formatSeconds } from "@tetrad/engine";
import { Chart } from "../chart.js";
import { describe } from "../describe.js";
import { element, labelled, showError, wholeNumber } from "../dom.js";
import { engine, switchTo, warnings } from "../engine.js";
import type { Panel } from "./panel.js";

export const backendPanel: Panel = {
  async build(host) {
    const backend = element("select", { id: "backend-choice" }, ...BACKEND_NAMES.map((name) => element("option", {}, name)));
    const threads = element("input", { type: "number", min: 1, max: navigator.hardwareConcurrency, placeholder: "measured" });
    const apply = element("button", { id: "backend-apply" }, "Switch");
    const measure = element("button", {}, "Measure this machine");
    const message = element("p", { class: "note", id: "backend-message", "aria-live": "polite" });
    const plot = element("div");
    host.append(
      element("h2", {}, "What computes here"),
      element("div", { class: "row" }, labelled("backend", backend), labelled("threads", threads), apply, measure),
      message,
      plot,
    );
    const status = document.querySelector("#status") as HTMLElement;
    const say = (text: string): void => {
      message.className = "note";
      message.textContent = [text, ...warnings.slice(-3)].join("\n");
    };
    say(describe(await engine()));
    apply.addEventListener("click", async () => {
      apply.disabled = true;
      try {
        const next = await switchTo(backend.value as BackendName, threads.value === "" ? undefined : wholeNumber(threads, "threads"));
        status.textContent = describe(next);
        say(describe(next));
      } catch (error) {
        showError(message, error);
      } finally {
        apply.disabled = false;
      }
    });
    measure.addEventListener("click", async () => {
      measure.disabled = true;
      try {
        const own = await engine();
        say((await own.backend.machine()).describe);
        if (!(own.backend instanceof AutoBackend)) return;
        const { points, crossing, gpu } = await own.backend.curve();
        const chart = new Chart(plot, {
          x: "side of a square product, log₂",
          y: "predicted ms",
          logarithmic: true,
          lines: [
            { label: "CPU", color: "--accent" },
            { label: "GPU", color: "--warm" },
          ],
        });
        chart.draw([
          points.map(({ n }) => Math.log2(n)),
          points.map(({ cpuSeconds }) => 1000 * cpuSeconds),
          points.map(({ gpuSeconds }) => (gpuSeconds === undefined ? null : 1000 * gpuSeconds)),
        ]);
        const last = points[points.length - 1];
        say(
          typeof gpu === "string"
            ? `no GPU: ${gpu}`
            : `${gpu.name}: ${crossing === undefined ? "the CPU is faster at every size" : `the GPU is faster from n = ${crossing} on`}; a product of ${last?.n} takes ${formatSeconds(last?.cpuSeconds ?? 0)} on the CPU, ${formatSeconds(last?.gpuSeconds ?? 0)} on the GPU`,
        );
      } catch (error) {
        showError(message, error);
      } finally {
        measure.disabled = false;
      }
    });
  },
};
