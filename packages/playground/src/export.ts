/** A trained network handed out as a zip of the folder that Node and Python open: config.json and model.safetensors. */
import { holdFolder, releaseFolder, type TrainedModel } from "@tetrad/engine";
import { download } from "./dom.js";
import { zipFolder } from "./zip.js";

export async function exportModel(name: string, model: TrainedModel): Promise<void> {
  const folder = holdFolder();
  try {
    await model.save(folder);
    download(`${name}.zip`, await zipFolder(folder, name));
  } finally {
    releaseFolder(folder);
  }
}
