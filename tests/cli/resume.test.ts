// Ctrl-C in the middle of a training: the state is saved, and going on gives the very bits of a run that never stopped.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { example, type Workplace, workplace } from "./tetrad.js";

function prepared(): Workplace {
  const place = workplace();
  const rows = Array.from({ length: 3001 }, (_, i) => {
    const [a, b] = [Math.sin(i * 1.3), Math.cos(i * 2.1)];
    return `${a.toFixed(5)},${b.toFixed(5)},${(a * b + a * a).toFixed(5)}`;
  });
  place.write("d.csv", `a,b,y\n${rows.join("\n")}\n`);
  place.write("t.yaml", "data: d.csv\ntarget: y\nepochs: 300\nbatchSize: 32\nschedule: {name: cosine, warmupSteps: 50}\nseed: 3\nout: m\n");
  return place;
}

test.skipIf(process.platform === "win32")("an interrupted and resumed run ends with the same weights", async () => {
  const place = prepared();
  const { child, ended } = place.start("train", "t.yaml");
  child.stderr?.on("data", (text: string) => {
    if (text.includes("training") && !child.killed) child.kill("SIGINT");
  });
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /error\[CANCELLED\]: train: stopped after \d+ of \d+ steps; the state is saved in m\. Hint: go on with: tetrad train t\.yaml --resume\n$/,
  );
  expect(readdirSync(place.path("m"))).toEqual(["config.json", "model.safetensors", "training.safetensors"]);
  // the interrupted model can be used as it is
  expect(place.tetrad("predict", "m", "d.csv", "--quiet").code).toBe(0);

  const other = place.tetrad("train", "t.yaml", "--out", "whole", "--quiet");
  expect(other.code).toBe(0);
  expect(place.tetrad("train", "t.yaml", "--resume", "--quiet").code).toBe(0);
  expect(readFileSync(place.path("m/model.safetensors")).equals(readFileSync(place.path("whole/model.safetensors")))).toBe(true);
  expect(readdirSync(place.path("m"))).toEqual(["config.json", "model.safetensors"]);
});

test("resuming what cannot be resumed is refused", () => {
  const place = workplace();
  const train = (...args: string[]) => place.tetrad("train", example("iris/train.yaml"), "--quiet", ...args);
  expect(train("--resume")).toMatchObject({ code: 1, stderr: expect.stringMatching(/error\[IO\]: .*iris-model.*no such file/) });
  expect(train().code).toBe(0);
  expect(train("--resume")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error\[ARGUMENT\]: resume: iris-model holds no interrupted run/),
  });
});
