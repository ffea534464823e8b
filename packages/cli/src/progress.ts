/** Progress of one long job: a bar that is redrawn on a terminal, a plain line at every tenth elsewhere. */
import type { Stream } from "./terminal.js";

/** Ten redraws a second are as many as an eye follows. */
const REDRAW_MS = 100;
const BAR = 24;

export class Progress {
  readonly #label: string;
  readonly #stream: Stream | undefined;
  #drawnAt = 0;
  #lastTenth = 0;
  #drawn = false;

  /** @param stream undefined for silence */
  constructor(label: string, stream: Stream | undefined) {
    this.#label = label;
    this.#stream = stream;
  }

  /** @param share 0 to 1; @param detail such as the loss */
  update(share: number, detail: string, now = Date.now()): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    if (stream.isTTY === true) {
      if (now - this.#drawnAt < REDRAW_MS && share < 1) return;
      this.#drawnAt = now;
      this.#drawn = true;
      const filled = Math.round(share * BAR);
      const line = `${this.#label} ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${percent(share)} ${detail}`;
      stream.write(`\r\x1b[2K${line.slice(0, Math.max(20, (stream.columns || 80) - 1))}`);
    } else {
      const tenth = Math.floor(share * 10 + 1e-9);
      if (tenth <= this.#lastTenth) return;
      this.#lastTenth = tenth;
      stream.write(`${this.#label} ${percent(share)} ${detail}\n`);
    }
  }

  /** Leaves the last state of the bar standing, or clears it when `keep` is false. */
  end(keep = true): void {
    if (this.#drawn) this.#stream?.write(keep ? "\n" : "\r\x1b[2K");
    this.#drawn = false;
  }
}

function percent(share: number): string {
  return `${String(Math.floor(share * 100 + 1e-9)).padStart(3)} %`;
}

/** `1.3 s`, `2 min 5 s` */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
