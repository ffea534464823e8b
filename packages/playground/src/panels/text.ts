/** Fine-tune a pretrained encoder on the user's own texts, all of it on this device. */
import type { TrainingProgress } from "@tetrad/language";
import { Chart } from "../chart.js";
import { download, element, labelled, showError } from "../dom.js";
import { choice, onSwitch } from "../engine.js";
import type { Report } from "../text/calls.js";
import { Client } from "../text/client.js";
import type { Panel } from "./panel.js";
import { modelForm, trainingForm } from "./text-form.js";
import { guessView, reportView } from "./text-report.js";

export const textPanel: Panel = {
  build(host) {
    const model = modelForm();
    const training = trainingForm();
    const file = element("input", { type: "file", id: "text-file", accept: ".csv,.tsv,.tab,.jsonl,.ndjson,.json" });
    const text = element("select", { id: "text-column" });
    const label = element("select", { id: "text-label" });
    const found = element("div", { id: "text-found", "aria-live": "polite" });
    const columns = element("div", { class: "row", hidden: true }, labelled("texts in", text), labelled("classes in", label));
    const start = element("button", { id: "text-start" }, "Train");
    const stop = element("button", { id: "text-stop", disabled: true }, "Stop");
    const save = element("button", { id: "text-export", disabled: true }, "Export model.zip");
    const bar = element("progress", { max: 1, value: 0, "aria-label": "progress of the training", hidden: true });
    const pace = element("p", { class: "note", id: "text-pace" });
    const message = element("p", { class: "note", id: "text-message", "aria-live": "polite" }, "Choose a model and a file of texts.");
    const lossHost = element("div");
    const report = element("div", { id: "text-report" });
    const own = element("textarea", { id: "text-own", class: "short", "aria-label": "texts to classify, one a line" });
    const ask = element("button", { id: "text-ask" }, "Classify");
    const answers = element("div", { id: "text-answers", "aria-live": "polite" });
    const trial = element(
      "section",
      { hidden: true },
      element("h3", {}, "Your own texts"),
      own,
      element("div", { class: "row" }, ask),
      answers,
    );
    host.append(
      element("h2", {}, "Texts into classes"),
      element(
        "p",
        { class: "note" },
        "A pretrained encoder (BERT, RoBERTa, DistilBERT, GPT-2, Llama) learns your classes from your texts. Files are read by this page and go nowhere.",
      ),
      model.view,
      element(
        "fieldset",
        {},
        element("legend", {}, "Texts"),
        element("div", { class: "row" }, labelled("CSV, TSV or JSON lines:", file)),
        columns,
        found,
      ),
      training.view,
      element("div", { class: "row" }, start, stop, save, bar),
      pace,
      message,
      element("div", { class: "columns wide" }, lossHost, report),
      trial,
    );
    const chart = new Chart(lossHost, { x: "step", y: "loss", height: 300, lines: [{ label: "loss of a step", color: "--accent" }] });
    const losses: number[] = [];

    const say = (words: string): void => {
      message.className = "note";
      message.textContent = words;
    };
    const showProgress = ({ step, steps, epoch, epochs: all, loss, tokensPerSecond, secondsLeft }: TrainingProgress): void => {
      if (losses.push(loss) === 1) say("training …");
      chart.draw([losses.map((_, i) => i + 1), losses]);
      bar.value = step / steps;
      pace.textContent = `step ${step} of ${steps}, epoch ${epoch + 1} of ${all}: loss ${loss.toFixed(3)}, ${tokensPerSecond.toFixed(0)} tokens a second, ${Math.ceil(secondsLeft)} s left`;
    };
    const client = new Client({ onStage: say, onProgress: showProgress });

    let [working, trained] = [false, false];
    const refresh = (): void => {
      for (const control of [start, file, text, label, ask]) control.disabled = working;
      save.disabled = working || !trained;
      trial.hidden = !trained;
    };
    /** One thing at a time; what goes wrong is said. */
    const busy = async (body: () => Promise<void>): Promise<void> => {
      working = true;
      refresh();
      try {
        await body();
      } catch (error) {
        showError(message, error);
      } finally {
        working = false;
        refresh();
      }
    };

    const look = async (): Promise<void> => {
      const { rows: all, classes, examples } = await client.call("look", { text: text.value, label: label.value });
      found.replaceChildren(
        element("p", { class: "note" }, `${all} texts in ${classes} classes, for example:`),
        element("ul", {}, ...examples.map((row) => element("li", {}, row.text, element("span", { class: "note" }, ` ${row.label}`)))),
      );
    };
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      if (chosen === undefined) return;
      void busy(async () => {
        columns.hidden = true;
        found.replaceChildren();
        const table = await client.call("readTable", { file: chosen });
        for (const [select, guess] of [
          [text, table.text],
          [label, table.label],
        ] as const) {
          select.replaceChildren(...table.columns.map((name) => element("option", {}, name)));
          select.value = guess;
        }
        columns.hidden = false;
        say("");
        await look();
      });
    });
    for (const select of [text, label]) select.addEventListener("change", () => void busy(look));

    const finish = (outcome: Report): void => {
      const { interrupted, accuracy, held } = outcome;
      say(
        `${interrupted ? "stopped" : "done"}: ${(100 * accuracy).toFixed(1)} % of ${held} texts that were kept back are put into their class`,
      );
      report.replaceChildren(reportView(outcome));
      trained = true;
    };
    const forget = (): void => {
      trained = false;
      losses.length = 0;
      pace.textContent = "";
      report.replaceChildren();
      answers.replaceChildren();
    };
    const train = (): Promise<void> =>
      busy(async () => {
        const request = {
          model: model.place(),
          columns: { text: text.value, label: label.value },
          ...training.settings(),
          ...choice(),
        };
        forget();
        refresh();
        stop.disabled = false;
        // A button that is disabled loses the focus, which a keyboard cannot find again.
        stop.focus();
        bar.hidden = false;
        bar.value = 0;
        try {
          finish(await client.call("train", request));
        } finally {
          stop.disabled = true;
          bar.hidden = true;
        }
      });
    start.addEventListener("click", async () => {
      if (!training.isValid()) return;
      await train();
      if ([document.body, stop].includes(document.activeElement as HTMLElement)) start.focus();
    });
    stop.addEventListener("click", () => client.stop());
    save.addEventListener("click", () =>
      busy(async () => download("text-classifier.zip", await client.call("archive", { name: "text-classifier" }))),
    );
    ask.addEventListener("click", () =>
      busy(async () => {
        const texts = own.value.split("\n").filter((line) => line.trim() !== "");
        if (texts.length === 0) return;
        const guesses = await client.call("classify", { texts });
        answers.replaceChildren(...texts.map((line, i) => guessView(line, guesses[i] ?? [])));
      }),
    );
    onSwitch(() => say("the next training uses the other backend"));
  },
};
