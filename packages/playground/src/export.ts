/** A trained network handed out as a zip of the folder that Node and Python open: config.json and model.safetensors. */
import { holdFolder, type JsonObject, releaseFolder, type TrainedModel } from "@tetrad/engine";
import { download } from "./dom.js";
import { zipFolder } from "./zip.js";

/** @param extra what config.json says besides */
export async function exportModel(name: string, model: TrainedModel, extra: JsonObject = {}): Promise<void> {
  const folder = holdFolder();
  try {
    await model.save(folder, extra);
    download(`${name}.zip`, await zipFolder(folder, name));
  } finally {
    releaseFolder(folder);
  }
}
