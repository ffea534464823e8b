/** The work of `tetrad export`. */
import { writeFileAtomic } from "@tetrad/engine";
import { exportOnnx } from "@tetrad/language";
import type { Context } from "../context.js";

export interface ExportFlags {
  readonly format: "onnx";
  readonly out: string;
}

export async function exportAction({ terminal, withEngine }: Context, folder: string, { format, out }: ExportFlags): Promise<void> {
  const { bytes, task, inputs, outputs } = await withEngine((engine) => exportOnnx(engine, folder));
  await writeFileAtomic(out, bytes);
  const { name, ...pooled } = task;
  terminal.result(
    [
      `${name}, ${(bytes.length / 1e6).toFixed(1)} MB, written to ${out}`,
      `inputs:  ${inputs.join(", ")}, int64 (batch, sequence)`,
      `outputs: ${outputs.join(", ")}`,
    ].join("\n"),
    { out, format, task: name, ...pooled, inputs, outputs, bytes: bytes.length },
  );
}
