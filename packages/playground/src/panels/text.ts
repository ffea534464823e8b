/** Fine-tune a pretrained encoder on the user's own texts, all of it on this device. */
import { Chart } from "../chart.js";
import { download, element, labelled, showError } from "../dom.js";
import { choice, onSwitch } from "../engine.js";
import type { ModelPlace, Progress, Report } from "../text/calls.js";
import { Client } from "../text/client.js";
import type { Panel } from "./panel.js";
import { guessView, reportView } from "./text-report.js";

/** Rates at which MiniLM learns well, by what is trained. */
const RATES = { all: 2e-4, lora: 2e-3 } as const;
type Method = keyof typeof RATES;

const number = (properties: Readonly<Record<string, unknown>>) => element("input", { type: "number", required: true, ...properties });
const options = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, title]) => element("option", { value }, title));

export const textPanel: Panel = {
  build(host) {
    const place = element(
      "select",
      { id: "text-place" },
      ...options({ files: "a folder on this device", address: "an address", hub: "a Hub" }),
    );
    const folder = element("input", { type: "file", id: "text-folder", multiple: true, webkitdirectory: true });
    const address = element("input", { type: "text", inputmode: "url", id: "text-address", placeholder: "https://…/all-MiniLM-L6-v2" });
    const hubPage = element("input", { type: "text", inputmode: "url", id: "text-hub", placeholder: "https://…/org/name" });
    const byFolder = labelled("config.json, model.safetensors, tokenizer.json:", folder);
    const byAddress = labelled("of the folder that has config.json:", address);
    const byHub = labelled("of the model's page; it is kept in this browser:", hubPage);
    const file = element("input", { type: "file", id: "text-file", accept: ".csv,.tsv,.tab,.jsonl,.ndjson,.json" });
    const text = element("select", { id: "text-column" });
    const label = element("select", { id: "text-label" });
    const found = element("div", { id: "text-found", "aria-live": "polite" });
    const columns = element("div", { class: "row", hidden: true }, labelled("texts in", text), labelled("classes in", label));
    const rows = number({ min: 2, step: 1, value: 200 });
    const epochs = number({ min: 1, step: 1, value: 3 });
    const method = element("select", { id: "text-method" }, ...options({ all: "the whole model", lora: "an adapter (LoRA)" }));
    const rate = number({ min: 1e-7, max: 1, step: "any", value: RATES.all });
    const tokens = number({ min: 4, step: 1, value: 64 });
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
      element(
        "fieldset",
        {},
        element("legend", {}, "Model"),
        element("div", { class: "row" }, labelled("from", place), byFolder, byAddress, byHub),
      ),
      element(
        "fieldset",
        {},
        element("legend", {}, "Texts"),
        element("div", { class: "row" }, labelled("CSV, TSV or JSON lines:", file)),
        columns,
        found,
      ),
      element(
        "fieldset",
        {},
        element("legend", {}, "Training"),
        element(
          "div",
          { class: "row" },
          labelled("train", method),
          labelled("rows to learn", rows),
          labelled("epochs", epochs),
          labelled("learning rate", rate),
          labelled("tokens of a text at most", tokens),
        ),
      ),
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
    const showProgress = ({ step, steps, epoch, epochs: all, loss, tokensPerSecond, secondsLeft }: Progress): void => {
      if (losses.push(loss) === 1) say("training …");
      chart.draw([losses.map((_, i) => i + 1), losses]);
      bar.value = step / steps;
      pace.textContent = `step ${step} of ${steps}, epoch ${epoch + 1} of ${all}: loss ${loss.toFixed(3)}, ${tokensPerSecond.toFixed(0)} tokens a second, ${Math.ceil(secondsLeft)} s left`;
    };
    const client = new Client({ onStage: say, onProgress: showProgress });

    let [working, trained] = [false, false];
    const refresh = (): void => {
      for (const control of [start, file, ask]) control.disabled = working;
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

    const written = (control: HTMLInputElement, what: string): string => {
      if (control.value.trim() === "") throw new Error(`Write the address of the model's ${what}.`);
      return new URL(control.value.trim(), document.baseURI).href;
    };
    const modelPlace = (): ModelPlace => {
      if (place.value === "address") return { address: written(address, "folder") };
      if (place.value === "hub") return { hubPage: written(hubPage, "page") };
      const files = [...(folder.files ?? [])];
      if (files.length === 0) throw new Error("Choose the model's folder.");
      return { files };
    };

    const showPlace = (): void => {
      byFolder.hidden = place.value !== "files";
      byAddress.hidden = place.value !== "address";
      byHub.hidden = place.value !== "hub";
    };
    place.addEventListener("change", showPlace);
    showPlace();

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

    method.addEventListener("change", () => {
      // A rate that the user has set stays.
      if ((Object.values(RATES) as number[]).includes(Number(rate.value))) rate.value = `${RATES[method.value as Method]}`;
    });

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
          model: modelPlace(),
          columns: { text: text.value, label: label.value },
          rows: Number(rows.value),
          epochs: Number(epochs.value),
          learningRate: Number(rate.value),
          maxTokens: Number(tokens.value),
          adapter: method.value === "lora",
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
      if (![rows, epochs, rate, tokens].every((control) => control.reportValidity())) return;
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
