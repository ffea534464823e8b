/** `tetrad explore --method profile`. */
import { createLikelihood, fitLikelihood, type Profile, profileLikelihood } from "@tetrad/theory";
import { aligned } from "../numbers.js";
import { duration } from "../progress.js";
import { labelsOf } from "../report/labels.js";
import { PROFILE_HEADER, profileCells, profileSections } from "../report/profile-sections.js";
import type { Exploration, Explored } from "./explored.js";

export async function exploreProfile({ engine, theory, data, options, progress }: Exploration): Promise<Explored> {
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    const fit = fitLikelihood(likelihood, { starts: options.starts, seed: options.seed });
    const result = profileLikelihood(likelihood, fit, {
      ...(options.of !== undefined && { names: options.of }),
      ...(options.points !== undefined && { points: options.points }),
      onProgress: (done, total) => progress.update(done / total, `${done} of ${total} parameters`),
    });
    const { profiles, messages, seconds } = result;
    const rows = profiles.map((profile) => [profile.name, ...profileCells(profile)]);
    return {
      lines: [
        ...aligned([["", ...PROFILE_HEADER], ...rows]).map((line) => `  ${line}`),
        ...[...fit.messages, ...messages].map((message) => `  ${message}`),
        `  fitted by ${fit.method}, profiles in ${duration(seconds)}`,
      ],
      facts: { ...result, converged: fit.converged, messages: [...fit.messages, ...messages] },
      sections: profileSections(
        result,
        likelihood.parameters.map(({ name }) => name),
        fit.messages,
        labelsOf(theory),
      ),
      columns: profileColumns(profiles),
    };
  } finally {
    likelihood.close();
  }
}

/** Long form: which parameter (counted from 0), its value, and the rise. */
function profileColumns(profiles: readonly Profile[]) {
  const all = profiles.flatMap(({ values, rises }, i) => values.map((value, j) => ({ i, value, rise: rises[j] ?? Number.NaN })));
  return [
    { name: "profile", values: all.map(({ i }) => i) },
    { name: "value", values: all.map(({ value }) => value) },
    { name: "delta_chi2", values: all.map(({ rise }) => rise) },
  ];
}
