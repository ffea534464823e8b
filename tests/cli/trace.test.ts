// `tetrad trace`: the file holds what the trace event format asks for, so that Perfetto opens it, and tells the truth about threads.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { missing } from "../support/missing.js";
import { example, workplace } from "./tetrad.js";

const time = z.number().nonnegative();
const common = { name: z.string().min(1), pid: z.int().nonnegative(), tid: z.int().nonnegative() };
/** Complete events and metadata as the format describes them; strict, because a misspelt key would be ignored by a viewer. */
const eventSchema = z.discriminatedUnion("ph", [
  z.strictObject({
    ...common,
    ph: z.literal("X"),
    cat: z.enum(["step", "launch", "barrier", "idle"]),
    ts: time,
    dur: time,
    args: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.strictObject({
    ...common,
    ph: z.literal("M"),
    name: z.enum(["process_name", "thread_name", "thread_sort_index"]),
    args: z.union([z.strictObject({ name: z.string() }), z.strictObject({ sort_index: z.int() })]),
  }),
]);
const fileSchema = z.strictObject({
  displayTimeUnit: z.enum(["ms", "ns"]),
  otherData: z.record(z.string(), z.union([z.string(), z.number()])),
  traceEvents: z.array(eventSchema),
});

test.each([1, 2])("a trace on %i threads", (threads) => {
  const place = workplace();
  const { code, stdout } = place.tetrad("trace", example("iris/train.yaml"), "--threads", `${threads}`, "--steps", "4", "--json");
  expect(code).toBe(0);
  const facts = JSON.parse(stdout);
  expect(facts).toMatchObject({ file: "trace.json", steps: 4, threads });
  const { traceEvents: events } = fileSchema.parse(JSON.parse(readFileSync(place.path("trace.json"), "utf8")));
  expect(facts.events).toBe(events.length);
  const spans = events.filter((event) => event.ph === "X");
  expect(Math.min(...spans.map(({ ts }) => ts))).toBe(0);
  for (let tid = 0; tid < threads; tid++) {
    expect(events.filter((event) => event.ph === "M" && event.name === "thread_name" && event.tid === tid)).toHaveLength(1);
    const own = spans.filter((event) => event.tid === tid);
    // In the file's own order: begins never go back, and each span lies inside the one that is open or after it.
    const open: { ts: number; end: number; cat: string }[] = [];
    let last = 0;
    for (const { ts, dur, cat } of own) {
      expect(ts).toBeGreaterThanOrEqual(last);
      last = ts;
      const end = ts + dur;
      while (open.length > 0 && (open[open.length - 1] as { end: number }).end <= ts + 1e-6) open.pop();
      const outer = open[open.length - 1];
      if (outer !== undefined) {
        expect(end).toBeLessThanOrEqual(outer.end + 1e-6);
        expect([outer.cat, cat === "launch" || cat === "barrier"]).toEqual(["step", true]);
      }
      open.push({ ts, end, cat });
    }
    expect(own.filter(({ cat }) => cat === "step").map(({ name }) => name)).toEqual(["step 0", "step 1", "step 2", "step 3"]);
    const launches = own.filter(({ cat }) => cat === "launch");
    expect(launches).toHaveLength(4 * facts.launches);
    for (const { name, args } of launches) {
      expect(name).toMatch(/^[a-z]\w+/);
      expect(args).toMatchObject({
        launch: expect.any(Number),
        shapes: expect.any(String),
        flops: expect.any(Number),
        bytes: expect.any(Number),
      });
    }
    expect(launches.map(({ args }) => args["launch"])).toEqual(Array.from({ length: 4 * facts.launches }, (_, i) => i % facts.launches));
  }
  // One thread never waits; two meet at barriers, where the other one's work is seen.
  const waits = spans.filter(({ cat }) => cat === "barrier");
  if (threads === 1) expect(waits.every(({ dur }) => dur < 1000)).toBe(true);
  else expect(new Set(waits.map(({ tid }) => tid))).toEqual(new Set([0, 1]));
});

test("what cannot be traced is refused in one line", () => {
  const { code, stdout, stderr } = workplace().tetrad("trace", example("iris/train.yaml"), "--backend", "reference");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error\[UNSUPPORTED\]: trace: the reference backend has no launches to time[^\n]*\n$/);
});

test("a step on WebGPU is traced, and explained with what was chosen", () => {
  const place = workplace();
  const traced = place.tetrad("trace", example("iris/train.yaml"), "--backend", "webgpu", "--steps", "2", "--out", "t.json", "--json");
  if (/no adapter|no WebGPU here/.test(traced.stderr)) missing("webgpu", `needs a WebGPU adapter (${traced.stderr.trim()})`);
  expect(traced.code).toBe(0);
  expect(JSON.parse(traced.stdout)).toMatchObject({ steps: 2, threads: 1, placement: expect.stringMatching(/^webgpu on /) });
  const { traceEvents } = fileSchema.parse(JSON.parse(readFileSync(place.path("t.json"), "utf8")));
  expect(traceEvents.filter(({ ph, cat }: { ph: string; cat?: string }) => ph === "X" && cat === "step")).toHaveLength(2);
  const why = place.tetrad("explain", example("iris/train.yaml"), "--why", "--backend", "webgpu");
  expect(why).toMatchObject({ code: 0, stdout: expect.stringMatching(/^backend {2}webgpu on .*\n(?:.*\n)*gemm_f32.*chosen by shape/) });
});
