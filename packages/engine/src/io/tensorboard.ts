/**
 * The bytes of TensorBoard's event files: records of a length, an Event message and their checksums (tensorflow/core/lib/io/record_writer.h); what an event
 * holds is in tensorflow/core/util/event.proto and framework/summary.proto, whose field numbers these are.
 */
import { crc32c } from "./crc32c.js";
import { histogramOf } from "./histogram.js";
import { bytes, double, type Fields, float, int, joined, message, packedDoubles } from "./protobuf.js";

export type Hyperparameter = number | string | boolean;

/** The first record of every file. @param wallTime seconds since 1970 */
export function versionRecord(wallTime: number): Uint8Array {
  return record([...double(1, wallTime), ...bytes(3, "brain.Event:2")]);
}

/** @param values of the functions below */
export function summaryRecord(wallTime: number, step: number, ...values: readonly Fields[]): Uint8Array {
  return record([...double(1, wallTime), ...int(2, step), ...message(5, ...values)]);
}

/** Length, its checksum, the message, its checksum. */
function record(event: Fields): Uint8Array {
  const content = joined(event);
  const framed = new Uint8Array(content.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, maskedChecksum(framed.subarray(0, 8)), true);
  framed.set(content, 12);
  view.setUint32(12 + content.length, maskedChecksum(content), true);
  return framed;
}

/** Rotated and shifted, since the checksum of data that hold checksums is a poor one. */
function maskedChecksum(content: Uint8Array): number {
  const crc = crc32c(content);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const value = (tag: string, ...content: readonly Fields[]): Fields => message(1, bytes(1, tag), ...content);

/** Rounded to float32. */
export function scalarValue(tag: string, number: number): Fields {
  return value(tag, float(2, number));
}

/** @throws TetradError DATA for no value and for one that is not finite */
export function histogramValue(tag: string, values: ArrayLike<number>): Fields {
  const { min, max, count, sum, sumOfSquares, limits, counts } = histogramOf(tag, values);
  const moments = [min, max, count, sum, sumOfSquares].flatMap((number, i) => double(i + 1, number));
  return value(tag, message(5, moments, packedDoubles(6, limits), packedDoubles(7, counts)));
}

const DT_STRING = 7;
const DATA_CLASS_TENSOR = 2;

/** @param content Markdown, which TensorBoard renders */
export function textValue(tag: string, content: string): Fields {
  const metadata = message(9, pluginData("text", []), int(4, DATA_CLASS_TENSOR));
  return value(tag, metadata, message(8, int(1, DT_STRING), message(2), bytes(8, content)));
}

const pluginData = (plugin: string, content: Fields): Fields => message(1, bytes(1, plugin), message(2, content));

/** What the plugin "hparams" keeps: plugin_data.proto's HParamsPluginData, in a summary without a value. */
const hparamsValue = (tag: string, field: number, content: Fields): Fields =>
  value(tag, message(9, pluginData("hparams", message(field, content))));

/** By JavaScript's types: api.proto's DataType, and the field of a google.protobuf.Value. */
const HYPERPARAMETER_TYPES = {
  string: { type: 1, value: (content: Hyperparameter) => bytes(3, content as string) },
  boolean: { type: 2, value: (content: Hyperparameter) => int(4, Number(content)) },
  number: { type: 3, value: (content: Hyperparameter) => double(2, content as number) },
} as const;

const typeOf = (content: Hyperparameter) => HYPERPARAMETER_TYPES[typeof content as keyof typeof HYPERPARAMETER_TYPES];

/** Which hyperparameters there are, and which scalars are to stand beside them. */
export function experimentValue(hparams: Readonly<Record<string, Hyperparameter>>, metrics: readonly string[]): Fields {
  const infos = Object.entries(hparams).flatMap(([name, content]) => message(4, bytes(1, name), int(4, typeOf(content).type)));
  return hparamsValue("_hparams_/experiment", 2, [...infos, ...metrics.flatMap((tag) => message(5, message(1, bytes(2, tag))))]);
}

export function sessionStartValue(hparams: Readonly<Record<string, Hyperparameter>>, wallTime: number): Fields {
  const entries = Object.entries(hparams).flatMap(([name, content]) =>
    message(1, bytes(1, name), message(2, typeOf(content).value(content))),
  );
  return hparamsValue("_hparams_/session_start_info", 3, [...entries, ...double(5, wallTime)]);
}

const STATUS_SUCCESS = 1;

export function sessionEndValue(wallTime: number): Fields {
  return hparamsValue("_hparams_/session_end_info", 4, [...int(1, STATUS_SUCCESS), ...double(2, wallTime)]);
}
