/** A page that saves a model of one number, repeated, and reads it again: what is whole has that number everywhere, in both of its files. */
import {
  adam,
  createEngine,
  EventWriter,
  mlp,
  mse,
  readBytes,
  readModelFolder,
  removeFile,
  TetradError,
  writeFileAtomic,
  writeModelFolder,
} from "@tetrad/engine";

const LENGTH = 2 << 20;

async function save(path: string, version: number): Promise<void> {
  await writeModelFolder(path, { version }, { w: { shape: [LENGTH], data: new Float32Array(LENGTH).fill(version) } });
}

/** The version, or what is wrong. */
async function load(path: string): Promise<number | string> {
  try {
    const { config, tensors } = await readModelFolder(path);
    const { data } = tensors.read("w");
    const other = data.findIndex((value) => value !== config["version"]);
    return other < 0 ? (config["version"] as number) : `number ${other} is ${data[other]} in version ${config["version"]}`;
  } catch (error) {
    return error instanceof TetradError ? `${error.code}: ${error.message}` : String(error);
  }
}

/** Predictions of an untrained network before and after it was saved. */
async function roundTrip(path: string): Promise<readonly [number[], number[]]> {
  const engine = await createEngine({ backend: "wasm" });
  const x = Float32Array.from({ length: 8 }, (_, i) => i / 8);
  const y = Float32Array.from({ length: 2 }, (_, i) => i);
  const { model } = await engine.fit(mlp([4, 3, 1], { activation: "relu" }), {
    x,
    y,
    loss: mse,
    optimizer: adam({ lr: 1e-3 }),
    epochs: 1,
    batchSize: 2,
    seed: 1,
  });
  const before = [...(await model.predict(x))];
  await model.save(path);
  const after = [...(await (await engine.load(path)).predict(x))];
  await engine.close();
  return [before, after];
}

async function failure(body: () => Promise<unknown>): Promise<string> {
  return body().then(
    () => "no failure",
    (error: Error) => `${error instanceof TetradError ? error.code : "?"}: ${error.message}`,
  );
}

async function folderAt(path: string): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const part of path.split("/")) folder = await folder.getDirectoryHandle(part);
  return folder;
}

window.storage = {
  save,
  load,
  roundTrip,
  /** Saves version after version until the tab is closed. */
  saveForEver(path, from) {
    void (async () => {
      for (let version = from; ; version++) {
        await save(path, version);
        window.saved = version;
      }
    })();
  },
  faults: async () => [
    await failure(() => readBytes("nowhere/at-all.bin")),
    await failure(() => writeFileAtomic("../up.txt", "x")),
    await failure(async () => {
      await writeFileAtomic("gone/notes.txt", "mine");
      await removeFile("gone/notes.txt");
      await removeFile("gone/notes.txt");
      await readBytes("gone/notes.txt");
    }),
    await failure(async () => {
      await writeFileAtomic("own/notes.txt", "mine");
      await save("own", 1);
    }),
  ],
  async nested(path) {
    const read: string[] = [];
    for (const text of ["old", "new"]) {
      await writeModelFolder(path, {}, {}, undefined, { "inside/notes.txt": text });
      read.push(new TextDecoder().decode(await readBytes(`${path}/inside/notes.txt`)));
    }
    return read;
  },
  async events(path) {
    const events = await EventWriter.open(path);
    events.scalar("loss", 0.5, 1);
    await events.flush();
    events.scalar("loss", 0.25, 2);
    await events.close();
    return [...(await readBytes(events.path))];
  },
  async leave(path, name) {
    await (await folderAt(path)).getFileHandle(name, { create: true });
  },
  async entries(path) {
    const folder = await folderAt(path);
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name.replace(/-.*/, ""));
    return names.sort();
  },
};

declare global {
  interface Window {
    saved?: number;
    storage: {
      save(path: string, version: number): Promise<void>;
      load(path: string): Promise<number | string>;
      roundTrip(path: string): Promise<readonly [number[], number[]]>;
      saveForEver(path: string, from: number): void;
      faults(): Promise<string[]>;
      nested(path: string): Promise<string[]>;
      events(path: string): Promise<number[]>;
      leave(path: string, name: string): Promise<void>;
      entries(path: string): Promise<string[]>;
    };
  }
}
