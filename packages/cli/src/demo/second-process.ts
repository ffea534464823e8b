/** Part three of the demonstration: a second process loads what was saved and predicts, as anyone's program would. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { TetradError } from "@tetrad/engine";

/** `tetrad predict MODEL DATA --json` in a process of its own. */
export async function predictElsewhere(model: string, data: string): Promise<number[]> {
  const program = process.argv[1] as string;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, "predict", model, data, "--json", "--quiet"], {
      maxBuffer: 1 << 28,
    });
    return (JSON.parse(stdout) as { predictions: number[] }).predictions;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new TetradError(
      "INTERNAL",
      { op: "demo", what: "the second process failed", got: (stderr ?? (error as Error).message).trim().replaceAll("\n", " ") },
      { cause: error },
    );
  }
}
