/** Colours of series, one list for the page and for saved plots: Okabe and Ito (2008), told apart with any colour vision, and lighter in the dark. */

export const SERIES = ["s1", "s2", "s3", "s4", "s5", "s6", "s7"] as const;

/** A class of the page, which defines its colour by day and by night. */
export type SeriesClass = (typeof SERIES)[number];

export const LIGHT: Readonly<Record<SeriesClass, string>> = {
  s1: "#0072b2",
  s2: "#d55e00",
  s3: "#009e73",
  s4: "#aa4499",
  s5: "#7a6a00",
  s6: "#5b6470",
  s7: "#8c4a2f",
};

export const DARK: Readonly<Record<SeriesClass, string>> = {
  s1: "#56b4e9",
  s2: "#f0935a",
  s3: "#3fc79a",
  s4: "#d98cc9",
  s5: "#e2c53d",
  s6: "#b6bec8",
  s7: "#d19a7a",
};

export function seriesAt(index: number): SeriesClass {
  return SERIES[index % SERIES.length] as SeriesClass;
}
