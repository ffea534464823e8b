/** Where what was measured of a machine is kept between processes: the user's cache folder in Node, localStorage in a page, nowhere in a worker. */

type Environment = Readonly<Record<string, string | undefined>>;

/** Node's own modules, asked for at run time: bundlers for browsers refuse an import of what browsers lack. */
function node<Name extends "node:fs" | "node:os" | "node:path">(name: Name) {
  return process.getBuiltinModule(name);
}

/** XDG_CACHE_HOME where it is set, else what the system's programs use. */
export function cacheFolder(env: Environment, platform: string = process.platform): string {
  const { join } = node("node:path");
  const own = (base: string | undefined, ...otherwise: string[]) => join(base || join(node("node:os").homedir(), ...otherwise), "tetrad");
  if (env["XDG_CACHE_HOME"]) return own(env["XDG_CACHE_HOME"]);
  if (platform === "win32") return own(env["LOCALAPPDATA"], "AppData", "Local");
  return platform === "darwin" ? own(undefined, "Library", "Caches") : own(undefined, ".cache");
}

/** TETRAD_CACHE=off: nothing is read from the cache, nor written to it unasked. */
export function cacheIsOff(env: Environment): boolean {
  return env["TETRAD_CACHE"] === "off";
}

export interface Cache {
  /** What was kept under a name, whoever wrote it; undefined where there is nothing, or nothing that can be read. */
  read(name: string): unknown;
  /** Keeps a value where that can be done; failing to is no error, since it can be measured again. */
  write(name: string, value: unknown): void;
}

/** The cache of this process's user; undefined where nothing can be kept, or where the environment says not to. */
export function userCache(): Cache | undefined {
  if (typeof process === "object" && typeof process.versions?.node === "string")
    return cacheIsOff(process.env) ? undefined : folderCache(cacheFolder(process.env));
  try {
    // Reading the property throws where a page may not keep anything.
    return typeof localStorage === "object" ? storageCache(localStorage) : undefined;
  } catch {
    return undefined;
  }
}

/** A JSON file for each name; a reader sees an old one or a new one, never a part. */
export function folderCache(folder: string): Cache {
  const { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = node("node:fs");
  const { join } = node("node:path");
  return {
    read: (name) => attempt(() => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"))),
    write(name, value) {
      const temporary = join(folder, `.${name}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`);
      attempt(() => {
        mkdirSync(folder, { recursive: true });
        try {
          writeFileSync(temporary, `${JSON.stringify(value, null, 1)}\n`);
          renameSync(temporary, join(folder, `${name}.json`));
        } catch (error) {
          rmSync(temporary, { force: true });
          throw error;
        }
      });
    },
  };
}

export function storageCache(storage: Pick<Storage, "getItem" | "setItem">): Cache {
  return {
    read: (name) => attempt(() => JSON.parse(storage.getItem(`tetrad-${name}`) ?? "null")),
    write: (name, value) => attempt(() => storage.setItem(`tetrad-${name}`, JSON.stringify(value))),
  };
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
