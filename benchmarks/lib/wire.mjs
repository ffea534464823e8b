// One message, one line of JSON; typed arrays travel as base64 in {"f32": …} or {"f64": …}.

const TYPES = { f32: Float32Array, f64: Float64Array };

/** @param {unknown} message */
export function toLine(message) {
  return JSON.stringify(message, (_, value) => {
    const name = Object.keys(TYPES).find((type) => value instanceof TYPES[type]);
    return name === undefined ? value : { [name]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  });
}

/** @param {string} line @returns {any} */
export function fromLine(line) {
  return JSON.parse(line, (_, value) => {
    for (const [name, Type] of Object.entries(TYPES))
      if (typeof value?.[name] === "string") return new Type(Uint8Array.from(Buffer.from(value[name], "base64")).buffer);
    return value;
  });
}
