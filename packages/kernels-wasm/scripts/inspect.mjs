/** Proves that a module can share memory and table with others: nothing initialised on instantiation, no state of its own. */

const ALLOWED_IMPORTS = new Set(["env.memory", "env.table"]);
const SECTION = { global: 6, start: 8, element: 9, data: 11 };

/** What is wrong with the module, as a list of sentences; empty = fit to ship. */
export function faults(bytes, kernels) {
  const module = new WebAssembly.Module(bytes);
  const found = [];
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (!ALLOWED_IMPORTS.has(`${from}.${name}`)) found.push(`imports ${from}.${name}`);
  }
  const exported = WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === "function")
    .map(({ name }) => name);
  for (const kernel of kernels) if (!exported.includes(kernel)) found.push(`does not export ${kernel}`);
  for (const name of exported) if (!kernels.includes(name)) found.push(`exports ${name}, which is no kernel`);
  for (const { id, reader } of sections(bytes)) {
    if (id === SECTION.start) found.push("has a start function");
    if (id === SECTION.data && reader.u32() > 0) found.push("has data segments (a static array or string?)");
    if (id === SECTION.element && holdsFunctions(reader)) found.push("fills table slots (a function value?)");
    if (id === SECTION.global && hasMutableGlobal(reader)) found.push("has a mutable global");
  }
  return found;
}

function* sections(bytes) {
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.u32();
    yield { id, reader: new Reader(bytes, reader.at) };
    reader.at += size;
  }
}

/** AssemblyScript always emits one active segment, empty unless functions are used as values. */
function holdsFunctions(reader) {
  const count = reader.u32();
  if (count === 0) return false;
  if (count > 1 || reader.byte() !== 0) return true;
  reader.constant();
  return reader.u32() > 0;
}

function hasMutableGlobal(reader) {
  for (let count = reader.u32(); count > 0; count--) {
    reader.byte();
    if (reader.byte() === 1) return true;
    reader.constant();
  }
  return false;
}

class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }
  byte() {
    return this.bytes[this.at++];
  }
  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }
  /** Skips a constant expression of one instruction and its `end`. */
  constant() {
    const opcode = this.byte();
    if (opcode === 0x41 || opcode === 0x42 || opcode === 0x23) this.u32();
    else if (opcode === 0x43) this.at += 4;
    else if (opcode === 0x44) this.at += 8;
    else throw new Error(`constant expression with opcode 0x${opcode.toString(16)}`);
    if (this.byte() !== 0x0b) throw new Error("constant expression of several instructions");
  }
}
