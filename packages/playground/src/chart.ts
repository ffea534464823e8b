/** uPlot in the page's own colours, redrawn when the scheme or the width changes. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Line {
  readonly label: string;
  /** A CSS variable of style.css. */
  readonly color: "--accent" | "--warm" | "--good" | "--quiet";
  readonly kind?: "line" | "points" | "invisible";
  readonly dash?: readonly number[];
}

export interface ChartOptions {
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  readonly logarithmic?: boolean;
  readonly height?: number;
  /** Numbers of the lines between which the first line's colour is laid (from 1). */
  readonly band?: readonly [upper: number, lower: number];
  /** Standard deviations of a line's points. */
  readonly errors?: { readonly line: number; readonly sigma: readonly (number | null)[] };
}

function color(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export class Chart {
  #plot: uPlot | undefined;
  #data: uPlot.AlignedData = [[]];
  #options: ChartOptions;

  constructor(
    readonly host: HTMLElement,
    options: ChartOptions,
  ) {
    this.#options = options;
    host.classList.add("chart");
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", `${options.y} against ${options.x}`);
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#make());
  }

  /** Other names for the axes from the next drawing on. */
  name(x: string, y: string): void {
    if (x === this.#options.x && y === this.#options.y) return;
    this.#options = { ...this.#options, x, y };
    this.host.setAttribute("aria-label", `${y} against ${x}`);
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  /** Columns: x, then each line. */
  draw(data: readonly (readonly (number | null)[])[], errors?: ChartOptions["errors"]): void {
    this.#data = data as unknown as uPlot.AlignedData;
    if (errors !== undefined) this.#options = { ...this.#options, errors };
    if (this.#plot === undefined) this.#make();
    else this.#plot.setData(this.#data);
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(240, this.host.clientWidth), height: this.#options.height ?? 260 };
  }

  #make(): void {
    this.#plot?.destroy();
    const { x, y, lines, logarithmic = false, band } = this.#options;
    const [ink, line] = [color("--quiet"), color("--line")];
    const axis = (label: string): uPlot.Axis => ({ label, stroke: ink, grid: { stroke: line }, ticks: { stroke: line } });
    const tint =
      band === undefined
        ? ""
        : color(lines[band[0] - 1]?.color ?? "--accent")
            .replace("rgb(", "rgba(")
            .replace(")", ", 0.18)");
    this.#plot = new uPlot(
      {
        ...this.#size(),
        legend: { show: true, live: false },
        cursor: { show: true },
        scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
        axes: [axis(x), axis(y)],
        series: [
          { label: x },
          ...lines.map(({ label, color: name, kind = "line", dash }) => {
            const stroke = color(name);
            return {
              label,
              stroke: kind === "invisible" ? "transparent" : stroke,
              ...(kind === "points" && { paths: () => null, points: { show: true, size: 5, fill: stroke, stroke } }),
              ...(kind !== "points" && { points: { show: false }, width: 2 }),
              ...(dash && { dash: [...dash] }),
            } satisfies uPlot.Series;
          }),
        ],
        ...(band !== undefined && { bands: [{ series: [band[0], band[1]] as [number, number], fill: tint }] }),
        hooks: { draw: [(plot) => this.#errorBars(plot)] },
      },
      this.#data,
      this.host,
    );
  }

  #errorBars(plot: uPlot): void {
    const { errors } = this.#options;
    if (errors === undefined) return;
    const xs = this.#data[0] as readonly number[];
    const ys = this.#data[errors.line] as readonly (number | null)[];
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = color(this.#options.lines[errors.line - 1]?.color ?? "--quiet");
    ctx.lineWidth = devicePixelRatio;
    xs.forEach((x, i) => {
      const [y, sigma] = [ys[i], errors.sigma[i]];
      if (y == null || sigma == null) return;
      const at = plot.valToPos(x, "x", true);
      ctx.beginPath();
      ctx.moveTo(at, plot.valToPos(y - sigma, "y", true));
      ctx.lineTo(at, plot.valToPos(y + sigma, "y", true));
      ctx.stroke();
    });
    ctx.restore();
  }
}
