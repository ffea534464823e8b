// Event files: their checksums, what TensorBoard's own reader finds in them, and that the file is whole after every flush.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventWriter, protobuf } from "@tetrad/engine";
import { expect, onTestFinished, test } from "vitest";
import { crc32c } from "../../packages/engine/src/io/crc32c.js";
import { python } from "../support/python.js";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tetrad-events-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test("CRC-32C of RFC 3720, appendix B.4", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(ascending)).toBe(0x46dd794e);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

test("numbers of every size as protobuf's varints", () => {
  const digits = (value: number | bigint) => [...protobuf.joined(protobuf.int(1, value))].slice(1);
  expect(digits(0)).toEqual([0]);
  expect(digits(127)).toEqual([0x7f]);
  expect(digits(300)).toEqual([0xac, 0x02]);
  expect(digits(2 ** 53)).toEqual([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
  expect(digits(-1)).toEqual([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
  expect([...protobuf.joined(protobuf.int(16, 1))]).toEqual([0x80, 0x01, 1]);
});

const VALUES = [0, -0.5, 3, 3.1, 1e-20, -1e-20, 1e30, -1e30, 2.5, 1e-12, ...Array.from({ length: 200 }, (_, i) => Math.sin(i) ** 3)];
const MARKDOWN = "A **bold** line\n\n| é | 中 |";
const HPARAMS = { learningRate: 2e-4, schedule: "linear", adapter: false, epochs: 3 };

interface Found {
  readonly wallTimes: readonly number[];
  readonly scalars: Record<string, [number, number | string][]>;
  readonly histogram: Readonly<Record<"min" | "max" | "num" | "sum" | "sum_squares", number>>;
  readonly counts: number[];
  readonly expected: number[];
  /** Buckets that a page shows */
  readonly drawn: number;
  readonly text: string;
  readonly plugins: Record<string, string>;
  readonly hparams: Record<string, unknown>;
  readonly types: Record<string, number>;
  readonly metrics: string[];
  readonly status: number;
}

// One process of Python for all: it takes a second to import its packages.
test("TensorBoard reads scalars, a histogram, text and hyperparameters", async () => {
  const path = join(await folder(), "runs", "one");
  const before = Date.now() / 1000;
  const events = await EventWriter.open(path);
  events.hparams(HPARAMS, ["eval/loss"]);
  events.scalar("train/loss", 0.5, 0);
  events.scalar("train/loss", 0.1, 1);
  events.scalar("train/loss", Number.NaN, 2);
  await events.flush();
  events.scalar("large", -Infinity, 2 ** 40);
  events.histogram("weights", VALUES, 7);
  events.text("notes", MARKDOWN, 3);
  await events.close();
  const found: Found = JSON.parse(python(["tensorboard"])(READ, path, JSON.stringify(VALUES)));

  expect(found.wallTimes).toHaveLength(10);
  expect(Math.min(...found.wallTimes)).toBeGreaterThanOrEqual(before);
  expect(Math.max(...found.wallTimes)).toBeLessThan(Date.now() / 1000);
  expect(found.scalars).toEqual({
    "train/loss": [
      [0, 0.5],
      [1, Math.fround(0.1)],
      [2, "nan"],
    ],
    large: [[2 ** 40, "-inf"]],
  });

  const sum = (f: (x: number) => number) => VALUES.reduce((total, x) => total + f(x), 0);
  expect(found.histogram).toEqual({ min: -1e30, max: 1e30, num: VALUES.length, sum: sum((x) => x), sum_squares: sum((x) => x * x) });
  expect(found.counts).toEqual(found.expected);
  expect(found.counts.reduce((a, b) => a + b)).toBe(VALUES.length);
  expect(found.counts.some((count, i) => count === 0 && found.counts[i + 1] === 0)).toBe(false);
  const shown = found.counts.slice(found.counts.findIndex(Boolean), found.counts.findLastIndex(Boolean) + 1);
  expect(found.drawn).toBe(shown.length);

  expect(found.text).toBe(MARKDOWN);
  expect(found.plugins).toEqual({
    "_hparams_/experiment": "hparams",
    "_hparams_/session_start_info": "hparams",
    "_hparams_/session_end_info": "hparams",
    large: "scalars",
    notes: "text",
    "train/loss": "scalars",
    weights: "histograms",
  });
  expect(found.hparams).toEqual(HPARAMS);
  expect(found.types).toEqual({ learningRate: 3, schedule: 1, adapter: 2, epochs: 3 });
  expect(found.metrics).toEqual(["eval/loss"]);
  expect(found.status).toBe(1);
});

const READ = `
import json, math, os, sys
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import STORE_EVERYTHING_SIZE_GUIDANCE, EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams import metadata
from tensorboard.util import tensor_util
folder, values = sys.argv[1], np.array(json.loads(sys.argv[2]))
path, = [os.path.join(folder, name) for name in os.listdir(folder)]
read = EventAccumulator(folder, STORE_EVERYTHING_SIZE_GUIDANCE).Reload()
number = lambda x: x if math.isfinite(x) else str(x)
(event,) = read.Histograms("weights")
assert event.step == 7
histogram = event.histogram_value
below = np.searchsorted(np.sort(values), histogram.bucket_limit, side="left")
content = lambda tag: read.summary_metadata[tag].plugin_data.content
start = metadata.parse_session_start_info_plugin_data(content(metadata.SESSION_START_INFO_TAG))
experiment = metadata.parse_experiment_plugin_data(content(metadata.EXPERIMENT_TAG))
(text,) = read.Tensors("notes")
# What the server shows: every value as a tensor of a plugin.
events = list(EventFileLoader(path).Load())
assert events[0].file_version == "brain.Event:2"
shown = {value.tag: value for event in events for value in event.summary.value}
plugins = {}
for event in events:
    for value in event.summary.value:
        plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
print(json.dumps({
    "wallTimes": [event.wall_time for event in events],
    "scalars": {tag: [[point.step, number(point.value)] for point in read.Scalars(tag)] for tag in read.Tags()["scalars"]},
    "histogram": {name: getattr(histogram, name) for name in ("min", "max", "num", "sum", "sum_squares")},
    "counts": list(histogram.bucket), "expected": np.diff(below, prepend=0).tolist(),
    "drawn": len(tensor_util.make_ndarray(shown["weights"].tensor)),
    "text": tensor_util.make_ndarray(text.tensor_proto).item().decode(),
    "plugins": plugins,
    "hparams": {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()},
    "types": {info.name: info.type for info in experiment.hparam_infos},
    "metrics": [info.name.tag for info in experiment.metric_infos],
    "status": metadata.parse_session_end_info_plugin_data(content(metadata.SESSION_END_INFO_TAG)).status,
}))
`;

test("values that have no place in a histogram are refused, and the file stays as it was", async () => {
  const events = await EventWriter.open(await folder());
  const before = readFileSync(events.path);
  expect(() => events.histogram("w", Float32Array.of(1, Number.NaN), 1)).toThrow(
    expect.objectContaining({ code: "DATA", message: expect.stringMatching(/histogram w: a value is not finite.*NaN at 1/) }),
  );
  expect(() => events.histogram("w", [], 1)).toThrow(/there are no values/);
  await events.close();
  expect(readFileSync(events.path).equals(before)).toBe(true);
});

test("flushes that overlap append in order", async () => {
  const path = await folder();
  const events = await EventWriter.open(path);
  events.scalar("x", 1, 1);
  const first = events.flush();
  events.scalar("x", 2, 2);
  await Promise.all([first, events.flush()]);
  // The time takes nine bytes, the step's tag one.
  const steps = [...records(readFileSync(events.path))].slice(1).map((content) => content[10]);
  expect(steps).toEqual([1, 2]);
  expect(readdirSync(path)).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.0$/)]);
});

test("a folder that cannot be is named", async () => {
  const path = await folder();
  const events = await EventWriter.open(path);
  await expect(EventWriter.open(`${events.path}/below`)).rejects.toMatchObject({ code: "IO" });
});

function* records(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    yield file.subarray(at + 12, at + 12 + length);
    at += 16 + length;
  }
}
