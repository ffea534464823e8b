/** A folder that the program holds as an archive that Node and Python open. */
import { heldFiles, readBytes } from "@tetrad/engine";
import { zipSync } from "fflate";

/** Weights are noise to a compressor: they would take seconds, and lose a tenth. */
const STORED = /\.safetensors$/;

export async function zipFolder(path: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = await Promise.all(
    [...heldFiles(path).keys()].map(async (file) => {
      return [`${name}/${file}`, [await readBytes(`${path}/${file}`), { level: STORED.test(file) ? 0 : 6 }]] as const;
    }),
  );
  return zipSync(Object.fromEntries(files) as Parameters<typeof zipSync>[0]) as Uint8Array<ArrayBuffer>;
}
