/** A training run's curves for TensorBoard, in a file that grows by whole records. */
import { files } from "./files.js";
import { type Fields, joined } from "./protobuf.js";
import {
  experimentValue,
  type Hyperparameter,
  histogramValue,
  scalarValue,
  sessionEndValue,
  sessionStartValue,
  summaryRecord,
  textValue,
  versionRecord,
} from "./tensorboard.js";

/**
 * Writes one event file, in Node to the disk, in a page to the site's own file system. What is added is kept until `flush`, which appends it all by one write.
 *
 *     const events = await EventWriter.open("runs/banking-1");
 *     events.hparams({ learningRate: 2e-4, schedule: "linear" }, ["eval/accuracy"]);
 *     events.scalar("train/loss", loss, step);
 *     await events.flush();
 *     await events.close();
 *
 * A tag's first part, up to a slash, is the heading that TensorBoard puts it under. `tensorboard --logdir runs` shows every folder of `runs` as a run.
 */
export class EventWriter {
  #pending: Uint8Array[] = [];
  #written: Promise<void> = Promise.resolve();
  #inSession = false;

  private constructor(
    /** The file */
    readonly path: string,
  ) {}

  /** Begins a file in a folder, which is made where it is missing; a run that goes on may do so in its old folder. @throws TetradError IO */
  static async open(folder: string): Promise<EventWriter> {
    const time = now();
    const writer = new EventWriter(`${folder}/events.out.tfevents.${Math.floor(time)}.${origin()}.0`);
    writer.#pending.push(versionRecord(time));
    await writer.flush();
    return writer;
  }

  /** A point of a curve; NaN and infinities too, which TensorBoard marks. */
  scalar(tag: string, value: number, step: number): void {
    this.#add(step, scalarValue(tag, value));
  }

  /** How values, a weight's or a gradient's say, are distributed. @throws TetradError DATA for no value and for one that is not finite */
  histogram(tag: string, values: ArrayLike<number>, step: number): void {
    this.#add(step, histogramValue(tag, values));
  }

  /** @param text Markdown */
  text(tag: string, text: string, step: number): void {
    this.#add(step, textValue(tag, text));
  }

  /**
   * What the run was asked for, once, at its beginning: a row in TensorBoard's table of hyperparameters, whose status is unknown until `close`.
   * @param metrics tags of scalars whose last values stand in the row
   */
  hparams(hparams: Readonly<Record<string, Hyperparameter>>, metrics: readonly string[]): void {
    this.#inSession = true;
    this.#add(0, experimentValue(hparams, metrics));
    this.#add(0, sessionStartValue(hparams, now()));
  }

  /** Appends what was added since; the file is valid before and after. @throws TetradError IO */
  flush(): Promise<void> {
    const content = joined(this.#pending);
    this.#pending = [];
    this.#written = this.#written.then(async () => (await files("write", this.path)).appendToFile(this.path, content));
    return this.#written;
  }

  /** Ends a run that went well. @throws TetradError IO */
  async close(): Promise<void> {
    if (this.#inSession) this.#add(0, sessionEndValue(now()));
    await this.flush();
  }

  #add(step: number, value: Fields): void {
    this.#pending.push(summaryRecord(now(), step, value));
  }
}

/** Seconds since 1970. */
const now = () => Date.now() / 1000;

/** Who writes, so that no two write one file: machine and process, or a page. */
function origin(): string {
  if (typeof process === "object" && process.versions?.node !== undefined)
    return `${process.getBuiltinModule("node:os").hostname()}.${process.pid}`;
  return `page.${crypto.randomUUID()}`;
}
