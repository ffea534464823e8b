/** The page: tabs, each of which loads its part when it is first opened. */
import { element, showError } from "./dom.js";
import { engine } from "./engine.js";
import type { Panel } from "./panels/panel.js";

const PANELS: readonly { readonly id: string; readonly title: string; load(): Promise<Panel> }[] = [
  { id: "fit", title: "Fit a theory", load: async () => (await import("./panels/fit.js")).fitPanel },
  { id: "train", title: "Train an emulator", load: async () => (await import("./panels/train.js")).trainPanel },
  { id: "digits", title: "Draw digits", load: async () => (await import("./panels/digits.js")).digitsPanel },
  { id: "text", title: "Classify texts", load: async () => (await import("./panels/text.js")).textPanel },
  { id: "plan", title: "See a plan", load: async () => (await import("./panels/plan.js")).planPanel },
  { id: "engine", title: "Backend", load: async () => (await import("./panels/backend.js")).backendPanel },
];

const status = document.querySelector("#status") as HTMLElement;
const nav = document.querySelector("#tabs") as HTMLElement;
const main = document.querySelector("main") as HTMLElement;
const hosts = new Map<string, HTMLElement>();

const tabs = PANELS.map(({ id, title }) =>
  element("button", { role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, onclick: () => void open(id) }, title),
);
nav.append(...tabs);
// Arrow keys move between tabs, as readers of tablists expect.
nav.addEventListener("keydown", (event) => {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  const at = tabs.indexOf(document.activeElement as HTMLButtonElement);
  if (step === 0 || at < 0) return;
  const next = tabs[(at + step + tabs.length) % tabs.length] as HTMLButtonElement;
  next.focus();
  next.click();
});

async function open(id: string): Promise<void> {
  location.hash = id;
  tabs.forEach((tab, i) => {
    const selected = PANELS[i]?.id === id;
    tab.setAttribute("aria-selected", `${selected}`);
    tab.tabIndex = selected ? 0 : -1;
  });
  for (const [name, host] of hosts) host.hidden = name !== id;
  if (hosts.has(id)) return;
  const host = element("section", { id: `panel-${id}`, role: "tabpanel", "aria-labelledby": `tab-${id}` });
  hosts.set(id, host);
  main.append(host);
  try {
    const panel = await (PANELS.find((one) => one.id === id) as (typeof PANELS)[number]).load();
    await panel.build(host);
  } catch (error) {
    hosts.delete(id);
    host.remove();
    showError(status, error);
  }
}

try {
  const { describe } = await import("./describe.js");
  status.textContent = describe(await engine());
  const wanted = location.hash.slice(1);
  await open(PANELS.some(({ id }) => id === wanted) ? wanted : "fit");
} catch (error) {
  showError(status, error);
}
