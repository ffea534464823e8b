// @ts-nocheck: plain JavaScript, as a user without TypeScript has it; language.d.ts says what the tests rely on
// Fine-tuning in a page as a user would write it: nothing but the packages' public names, no configuration.
import { createEngine, holdFolder, writeFileAtomic } from "@tetrad/engine";
import { classify, finetuneClassifier, openClassifier, saveClassifier } from "@tetrad/language";

const ROWS = [
  { text: "The machine kept my card", label: "card" },
  { text: "My card is stuck in the cash machine", label: "card" },
  { text: "Where is the card I ordered?", label: "card" },
  { text: "What is a euro worth today?", label: "rate" },
  { text: "How good is your exchange rate?", label: "rate" },
  { text: "Which rate do you use abroad?", label: "rate" },
];

/** Trains on the model of a folder, wherever that is, saves it to another and opens it from there. */
export async function trainTexts(options, folder, out) {
  const engine = await createEngine(options);
  const run = await finetuneClassifier(engine, folder, ROWS, { maxSteps: 4, perDeviceTrainBatchSize: 4, learningRate: 1e-3 });
  await saveClassifier(run, out);
  const opened = await openClassifier(engine, out);
  const answers = await classify(engine, opened, ["my card was swallowed", "what is the rate?"]);
  await engine.close();
  return { losses: [...run.losses], answers: answers.map(({ label, probabilities }) => [label, ...probabilities]) };
}

/** The same with the folder at an address, with its files as a user chooses them, and with a copy in the site's own file system. */
export async function trainFromEverywhere(options, address, names) {
  const files = await Promise.all(names.map(async (name) => new File([await (await fetch(`${address}/${name}`)).blob()], name)));
  for (const file of files) await writeFileAtomic(`models/${file.name}`, new Uint8Array(await file.arrayBuffer()));
  return [
    await trainTexts(options, address, "trained/first"),
    await trainTexts(options, holdFolder(files), holdFolder()),
    await trainTexts(options, "models", "trained/second"),
  ];
}
