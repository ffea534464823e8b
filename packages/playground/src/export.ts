/** A trained model as a zip of the folder that Node and Python open: config.json and model.safetensors. */
import { type TrainedModel, writeSafetensors } from "@tetrad/engine";
import { strToU8, zipSync } from "fflate";
import { download } from "./dom.js";

export async function exportModel(name: string, { model, store }: TrainedModel): Promise<Uint8Array<ArrayBuffer>> {
  await store.pull();
  const tensors = Object.fromEntries(
    store.names.map((key) => [key, { shape: [...store.shape(key)], data: store.get(key) as Float32Array<ArrayBuffer> }]),
  );
  const bytes = zipSync({
    [`${name}/config.json`]: strToU8(`${JSON.stringify(model.config, null, 2)}\n`),
    [`${name}/model.safetensors`]: writeSafetensors(tensors, { format: "pt" }),
  }) as Uint8Array<ArrayBuffer>;
  download(`${name}.zip`, bytes);
  return bytes;
}
