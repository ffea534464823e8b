/** What a training on the user's texts is asked with: where the model is, and how it is trained. */
import { element, labelled } from "../dom.js";
import type { ModelPlace, TrainRequest } from "../text/calls.js";

/** Rates at which MiniLM learns well, by what is trained. */
const RATES = { all: 2e-4, lora: 2e-3 } as const;
type Method = keyof typeof RATES;

const group = (title: string, ...children: readonly HTMLElement[]) => element("fieldset", {}, element("legend", {}, title), ...children);
const number = (properties: Readonly<Record<string, unknown>>) => element("input", { type: "number", required: true, ...properties });
const written = (id: string, placeholder: string) => element("input", { type: "text", inputmode: "url", id, placeholder });
const options = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, title]) => element("option", { value }, title));

export interface ModelForm {
  readonly view: HTMLElement;
  /** @throws Error in words for the user where nothing was chosen */
  place(): ModelPlace;
}

export function modelForm(): ModelForm {
  const kind = element(
    "select",
    { id: "text-place" },
    ...options({ files: "a folder on this device", address: "an address", hub: "a Hub" }),
  );
  const folder = element("input", { type: "file", id: "text-folder", multiple: true, webkitdirectory: true });
  const address = written("text-address", "https://…/all-MiniLM-L6-v2");
  const page = written("text-hub", "https://…/org/name");
  const controls: Readonly<Record<string, HTMLElement>> = {
    files: labelled("config.json, model.safetensors, tokenizer.json:", folder),
    address: labelled("of the folder that has config.json:", address),
    hub: labelled("of the model's page; it is kept in this browser:", page),
  };
  const show = (): void => {
    for (const [name, control] of Object.entries(controls)) control.hidden = name !== kind.value;
  };
  kind.addEventListener("change", show);
  show();
  const urlIn = (control: HTMLInputElement, what: string): string => {
    if (control.value.trim() === "") throw new Error(`Write the address of the model's ${what}.`);
    return new URL(control.value.trim(), document.baseURI).href;
  };
  return {
    view: group("Model", element("div", { class: "row" }, labelled("from", kind), ...Object.values(controls))),
    place() {
      if (kind.value === "address") return { address: urlIn(address, "folder") };
      if (kind.value === "hub") return { hubPage: urlIn(page, "page") };
      const files = [...(folder.files ?? [])];
      if (files.length === 0) throw new Error("Choose the model's folder.");
      return { files };
    },
  };
}

export interface TrainingForm {
  readonly view: HTMLElement;
  /** Tells the user which number is none, if one is. */
  isValid(): boolean;
  settings(): Pick<TrainRequest, "rows" | "epochs" | "learningRate" | "maxTokens" | "adapter">;
}

export function trainingForm(): TrainingForm {
  const method = element("select", { id: "text-method" }, ...options({ all: "the whole model", lora: "an adapter (LoRA)" }));
  const rows = number({ min: 2, step: 1, value: 200 });
  const epochs = number({ min: 1, step: 1, value: 3 });
  const rate = number({ min: 1e-7, max: 1, step: "any", value: RATES.all });
  const tokens = number({ min: 4, step: 1, value: 64 });
  method.addEventListener("change", () => {
    // A rate that the user has set stays.
    if ((Object.values(RATES) as number[]).includes(Number(rate.value))) rate.value = `${RATES[method.value as Method]}`;
  });
  return {
    view: group(
      "Training",
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
    isValid: () => [rows, epochs, rate, tokens].every((control) => control.reportValidity()),
    settings: () => ({
      rows: Number(rows.value),
      epochs: Number(epochs.value),
      learningRate: Number(rate.value),
      maxTokens: Number(tokens.value),
      adapter: method.value === "lora",
    }),
  };
}
