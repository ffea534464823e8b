/**
 * Linear matter power spectra of theories that give what a spectrum needs, against a reference: the first of several theories, or the smooth
 * spectrum of the only one, over which its acoustic oscillations are seen.
 */
import { largestOf, smallestOf } from "@tetrad/engine";
import { type Cosmology, powerBbks, powerEisensteinHu, powerNoWiggle } from "@tetrad/theory";
import { chart } from "./chart.js";
import type { Figure, LegendEntry } from "./figure.js";
import { type FittedTheory, theorySeries } from "./fitted-theory.js";
import { curve, horizontal, type Mark, type Point } from "./marks.js";
import type { Section } from "./page.js";

/** Without As: its spectra need the theory's own growth, σ8 holds for any. */
const NEEDED = ["H0", "Om", "Ob", "ns", "sigma8"] as const;
const TAKEN = [...NEEDED, "Ode", "Ok", "w0", "wa", "Tcmb", "Neff"] as const;
/** h/Mpc; linear theory says little beyond. */
const SCALES = { from: 1e-3, to: 1, points: 300 };

export function powerSections(fitted: readonly FittedTheory[]): Section[] {
  const all = fitted.flatMap((one, i) => {
    const cosmology = cosmologyOf(one);
    return cosmology === undefined ? [] : [{ title: one.fit.title, cosmology, series: theorySeries(i) }];
  });
  const [first] = all;
  if (first === undefined) return [];
  const { from, to, points } = SCALES;
  const k = Float64Array.from({ length: points }, (_, i) => from * (to / from) ** (i / (points - 1)));
  const legend = all.map(({ title, series }): LegendEntry => ({ label: title, series, symbol: "line" }));
  const spectra = all.map(({ cosmology }) => powerEisensteinHu(k, cosmology));
  const line = (values: Float64Array): Point[] => Array.from(k, (at, i): Point => [at, values[i] as number]);
  const over = (values: Float64Array, reference: Float64Array): Point[] => line(values.map((value, i) => value / (reference[i] as number)));
  const heights = spectra.flatMap((values) => [...values]);
  const spectrum = chart({
    title: "Linear power spectrum",
    caption: "Power of matter's density today by the transfer function of Eisenstein and Hu (1998), normalised to σ8, at each best fit.",
    x: { label: "k (h/Mpc)", kind: "log", domain: [from, to], exact: true },
    y: { label: "P(k) ((Mpc/h)³)", kind: "log", domain: [smallestOf(heights), largestOf(heights)] },
    legend,
    marks: spectra.map((values, i) => curve(line(values), all[i]?.series ?? "s1")),
  });
  return [
    {
      title: "Power spectrum",
      paragraphs: ["Not fitted: what the parameters above would mean for structure."],
      figures: [spectrum, all.length > 1 ? ratios() : oscillations()],
    },
  ];

  function ratios(): Figure {
    const lines = spectra.slice(1).map((values) => over(values, spectra[0] as Float64Array));
    return ratioChart(
      `Power over that of ${first?.title}`,
      `Each theory's spectrum divided by that of ${first?.title}.`,
      lines.map((points, i) => ({ points, entry: legend[i + 1] as LegendEntry })),
    );
  }

  function oscillations(): Figure {
    const smooth = powerNoWiggle(k, (first as { cosmology: Cosmology }).cosmology);
    return ratioChart(
      "Power over the smooth spectrum",
      "The spectra with acoustic oscillations (Eisenstein and Hu) and of Bardeen et al. (1986), both over that of Eisenstein and Hu without oscillations.",
      [
        { points: over(spectra[0] as Float64Array, smooth), entry: { label: "Eisenstein–Hu", series: "s2", symbol: "line" } },
        {
          points: over(powerBbks(k, (first as { cosmology: Cosmology }).cosmology), smooth),
          entry: { label: "Bardeen et al.", series: "s1", symbol: "line" },
        },
      ],
    );
  }
}

function ratioChart(
  title: string,
  caption: string,
  lines: readonly { readonly points: readonly Point[]; readonly entry: LegendEntry }[],
): Figure {
  const heights = lines.flatMap(({ points }) => points.map(([, y]) => y));
  const marks: Mark[] = [horizontal(1), ...lines.map(({ points, entry }) => curve(points, entry.series))];
  return chart({
    title,
    caption,
    x: { label: "k (h/Mpc)", kind: "log", domain: [SCALES.from, SCALES.to], exact: true },
    y: { label: "ratio", domain: [Math.min(1, smallestOf(heights)), Math.max(1, largestOf(heights))] },
    legend: lines.map(({ entry }) => entry),
    marks,
  });
}

/** Undefined for a theory without baryons, tilt or σ8. */
function cosmologyOf({ theory, fit }: FittedTheory): Cosmology | undefined {
  const values: Record<string, number> = {
    ...theory.constants,
    ...Object.fromEntries([...fit.parameters, ...fit.derived].map(({ name, value }) => [name, value])),
  };
  if (NEEDED.some((name) => values[name] === undefined)) return undefined;
  return Object.fromEntries(TAKEN.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]))) as unknown as Cosmology;
}
