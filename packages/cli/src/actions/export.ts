/** The work of `tetrad export`. */
import { writeFileAtomic } from "@tetrad/engine";
import { exportOnnx } from "@tetrad/language";
import type { Context } from "../context.js";
import { findModel } from "../language/find-model.js";

export interface ExportFlags {
  readonly format: "onnx";
  readonly out: string;
}

export async function exportAction(context: Context, given: string, { format, out }: ExportFlags): Promise<void> {
  const { terminal, withEngine } = context;
  const { folder, base } = await findModel(context, given);
  const { bytes, task, inputs, outputs } = await withEngine((engine) => exportOnnx(engine, folder, base === undefined ? {} : { base }));
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
