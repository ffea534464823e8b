/** The user's own line behind each node, so that an error names the code that has to change. */

/** Keeps the raw stack; it is formatted only when an error needs it. */
export interface Site {
  readonly error: Error;
}

/** Layers and models nest deeply, and V8 keeps only ten frames unless asked. */
const FRAMES = 40;

export function captureSite(): Site {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const error = new Error();
  Error.stackTraceLimit = limit;
  return { error };
}

const OWN_FILE = import.meta.url;
/** The folder of this package's own code: frames inside it are not the user's. */
const OWN_FOLDER = OWN_FILE.slice(0, OWN_FILE.lastIndexOf("/") + 1);

/** `file:line` of the innermost frame outside this package, or undefined when the platform gives no stack. */
export function formatSite(site: Site | undefined): string | undefined {
  const lines = site?.error.stack?.split("\n").slice(1) ?? [];
  for (const line of lines) {
    const match = /(?:\(|@|at )((?:file|https?):\/\/[^\s)]+|\/[^\s)]+|[A-Za-z]:\\[^\s)]+):(\d+):\d+\)?$/.exec(line.trim());
    if (match === null) continue;
    const file = match[1] as string;
    if (file.startsWith(OWN_FOLDER) || file.startsWith(OWN_FOLDER.replace(/^file:\/\//, ""))) continue;
    return `${file.replace(/^file:\/\//, "")}:${match[2]}`;
  }
  return undefined;
}
