/** Elements in one expression. */

type Child = Node | string;
type Properties = Readonly<Record<string, unknown>>;

/** An element with attributes, `on…` listeners and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, `${value as string}`);
  }
  made.append(...children);
  return made;
}

/** A labelled control. */
export function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  return element("label", {}, `${text} `, control);
}

/** What a control of whole numbers holds. @throws Error that says what it may hold */
export function wholeNumber(control: HTMLInputElement, name: string): number {
  const value = Number(control.value);
  const [least, most] = [Number(control.min), Number(control.max)];
  if (control.value.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}`);
}

/** Shows what went wrong in words. */
export function showError(target: HTMLElement, error: unknown): void {
  target.className = "note error";
  target.textContent = error instanceof Error ? error.message : String(error);
}

/** Hands bytes to the user as a file. */
export function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes]));
  const link = element("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
