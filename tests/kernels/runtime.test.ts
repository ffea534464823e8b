// The wasm runtime: memory, plans on this thread and on workers, barriers, traps, cancellation, and what is left behind when it is idle or closed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { control } from "@tetrad/kernels-wasm";
import { build as bundle } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WasmMemory } from "../../packages/engine/src/backends/wasm/memory.js";
import { WasmRuntime } from "../../packages/engine/src/backends/wasm/runtime.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import { compile } from "../../packages/kernels-wasm/scripts/compile.mjs";
import { node20 } from "../support/node20.js";
import { root } from "../support/root.js";

const assembly = join(root, "packages/kernels-wasm/assembly");

/** Kernels that show what the runtime does; p points at the launch's words. */
const KERNELS = `
import { barrier } from "./lib/barrier";
import { STOP } from "./lib/control";
/** words: array of i32, one per thread */
export function test_count(p: usize, thread: i32, threads: i32): void {
  const at = load<usize>(p) + (<usize>thread << 2);
  store<i32>(at, load<i32>(at) + 1);
}
/** words: array of i32 (64 bytes apart, threads of them), count of wrong sums: each thread writes, all meet, all must see all */
export function test_meet(p: usize, thread: i32, threads: i32): void {
  const base = load<usize>(p);
  const wrong = load<usize>(p, 4);
  const mine = load<i32>(base + (<usize>thread << 6)) + 1;
  store<i32>(base + (<usize>thread << 6), mine);
  if (!barrier(threads)) return;
  for (let t = 0; t < threads; t++) if (load<i32>(base + (<usize>t << 6)) != mine) atomic.add<i32>(wrong, 1);
  barrier(threads);
}
/** words: counter, limit: asks to stop when the counter of thread 0 reaches the limit */
export function test_stop_at(p: usize, thread: i32, threads: i32): void {
  if (thread == 0 && load<i32>(load<usize>(p)) >= load<i32>(p, 4)) atomic.store<i32>(STOP, 7);
}
/** words: thread that traps */
export function test_trap(p: usize, thread: i32, threads: i32): void {
  if (thread == load<i32>(p)) unreachable();
}
/** words: result: threads and thread number of whoever runs it */
export function test_who(p: usize, thread: i32, threads: i32): void {
  atomic.add<i32>(load<usize>(p), 1);
  store<i32>(load<usize>(p) + 4, threads);
}
`;

let kernels: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  kernels = await compile(assembly, "baseline", KERNELS);
});

const open: WasmRuntime[] = [];
afterAll(async () => {
  await Promise.all(open.map((runtime) => runtime.close()));
});

async function create(maxThreads: number): Promise<WasmRuntime> {
  const runtime = await WasmRuntime.create({ build: "baseline", maxThreads });
  open.push(runtime);
  await runtime.defineModule("test", kernels);
  return runtime;
}

/** A plan in memory; launches as [kernel, flags, ...words]. */
function plan(runtime: WasmRuntime, ...launches: [kernel: string, flags: number, ...words: number[]][]): number {
  const words = launches.flatMap(([kernel, flags, ...rest]) => [
    runtime.slot(kernel),
    flags,
    rest.length + control.LAUNCH_HEADER_WORDS,
    ...rest,
  ]);
  const address = runtime.memory.allocate(words.length * 4);
  runtime.memory.i32(address, words.length).set(words);
  return address;
}

function zeros(runtime: WasmRuntime, words: number): number {
  const address = runtime.memory.allocate(words * 4);
  runtime.memory.i32(address, words).fill(0);
  return address;
}

function code(error: unknown): string {
  return error instanceof TetradError ? error.code : String(error);
}

function caught(f: () => unknown): TetradError {
  try {
    f();
  } catch (error) {
    if (error instanceof TetradError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("host and kernels agree about the control block", () => {
  const source = readFileSync(join(assembly, "lib/control.ts"), "utf8");
  const found: { [name: string]: number } = {};
  for (const [, name = "", value = "", shift = "0"] of source.matchAll(/export const (\w+): usize = (\d+)(?: << (\d+))?;/g)) {
    found[name] = Number(value) << Number(shift);
  }
  expect(Object.keys(found).length).toBeGreaterThan(15);
  expect(control).toMatchObject(found);
  const words = Object.entries(found).filter(([name]) => !name.endsWith("BYTES") && name !== "EPILOGUE_SCRATCH");
  expect(new Set(words.map(([, address]) => address)).size).toBe(words.length);
  for (const [, address] of words) expect(address).toBeLessThan(control.CONTROL_BYTES);
});

describe("memory", () => {
  test("regions are aligned, apart, reused and joined", () => {
    const memory = new WasmMemory(1024);
    const [a, b, c] = [memory.allocate(100), memory.allocate(1), memory.allocate(200)];
    expect([a % 64, b % 64, c % 64]).toEqual([0, 0, 0]);
    expect(a).toBeGreaterThanOrEqual(1024);
    expect([b - a, c - b]).toEqual([128, 64]);
    memory.free(a);
    memory.free(b);
    expect(memory.allocate(192)).toBe(a);
    memory.free(c);
    memory.free(a);
    expect(memory.used).toBe(0);
    expect(memory.allocate(64)).toBe(a);
  });

  test("random allocations never overlap, and all space comes back", () => {
    const memory = new WasmMemory(1024);
    const live = new Map<number, number>();
    let state = 1;
    const random = (n: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >> 8) % n;
    };
    for (let turn = 0; turn < 3000; turn++) {
      if (live.size > 40 || (live.size > 0 && random(3) === 0)) {
        const [address] = [...live][random(live.size)] as [number, number];
        memory.free(address);
        live.delete(address);
      } else {
        const bytes = random(5000);
        const address = memory.allocate(bytes);
        for (const [other, size] of live) expect(address + bytes <= other || other + size <= address).toBe(true);
        live.set(address, bytes);
      }
    }
    const first = Math.min(...live.keys());
    for (const address of live.keys()) memory.free(address);
    expect(memory.used).toBe(0);
    expect(memory.allocate(8)).toBeLessThanOrEqual(first);
  });

  test("grows, keeps contents, and the new views reach the new space", () => {
    const memory = new WasmMemory(1024);
    const a = memory.allocate(8);
    memory.f64(a, 1)[0] = Math.PI;
    const b = memory.allocate(50_000_000);
    memory.u8(b, 50_000_000)[49_999_999] = 3;
    expect(memory.f64(a, 1)[0]).toBe(Math.PI);
    expect(memory.memory.buffer.byteLength).toBeGreaterThanOrEqual(b + 50_000_000 + 64);
  });

  test("says what was asked for and what there is when memory ends", () => {
    const memory = new WasmMemory(1024);
    const error = caught(() => memory.allocate(2 ** 33));
    expect(error.code).toBe("OUT_OF_MEMORY");
    expect(error.message).toContain(`${2 ** 33} bytes`);
    expect(error.message).toContain(`${memory.limit}`);
    memory.allocate(64);
    expect(caught(() => memory.allocate(-1)).code).toBe("ARGUMENT");
    expect(caught(() => memory.allocate(0.5)).code).toBe("ARGUMENT");
    expect(caught(() => memory.free(12)).code).toBe("ARGUMENT");
    const a = memory.allocate(64);
    memory.free(a);
    expect(caught(() => memory.free(a)).code).toBe("ARGUMENT");
  });
});

describe("plans", () => {
  for (const threads of [1, 2, 4]) {
    test(`runSync on ${threads} thread(s): every thread plays every launch, every step`, async () => {
      const runtime = await create(4);
      const counts = zeros(runtime, 4);
      const address = plan(runtime, ["test_count", 0, counts], ["test_count", control.LAUNCH_BARRIER, counts]);
      expect(runtime.runSync(address, 2, 50, threads)).toBe(50);
      expect(runtime.runSync(address, 1, 1, threads)).toBe(1);
      expect(runtime.runSync(address, 0, 3, threads)).toBe(3);
      expect([...runtime.memory.i32(counts, 4)]).toEqual([0, 1, 2, 3].map((t) => (t < threads ? 101 : 0)));
    });

    test(`run on ${threads} thread(s) leaves the event loop free`, async () => {
      const runtime = await create(4);
      const counts = zeros(runtime, 4);
      const address = plan(runtime, ["test_count", control.LAUNCH_BARRIER, counts]);
      let done = false;
      let turns = 0;
      const steps = threads === 1 ? 100_000 : 5000;
      const finished = runtime.run(address, 1, steps, threads).then((count) => {
        done = true;
        return count;
      });
      while (!done) {
        turns++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await finished).toBe(steps);
      expect(turns).toBeGreaterThan(1);
      expect([...runtime.memory.i32(counts, 4)]).toEqual([0, 1, 2, 3].map((t) => (t < threads ? steps : 0)));
      expect(runtime.stepsDone).toBe(steps);
    });

    test(`barriers inside kernels hold on ${threads} thread(s)`, async () => {
      const runtime = await create(4);
      const base = zeros(runtime, 64);
      const wrong = zeros(runtime, 1);
      const address = plan(runtime, ["test_meet", 0, base, wrong], ["test_meet", 0, base, wrong]);
      const steps = threads <= 2 ? 5000 : 300;
      expect(runtime.runSync(address, 2, steps, threads)).toBe(steps);
      expect(await runtime.run(address, 2, steps, threads)).toBe(steps);
      expect(runtime.memory.i32(wrong, 1)[0]).toBe(0);
      expect(runtime.memory.i32(base, 1)[0]).toBe(4 * steps);
    });

    test(`a kernel may stop the job: ${threads} thread(s) end after the same step`, async () => {
      const runtime = await create(4);
      const counts = zeros(runtime, 4);
      const address = plan(runtime, ["test_count", 0, counts], ["test_stop_at", control.LAUNCH_BARRIER, counts, 11]);
      expect(runtime.runSync(address, 2, 100, threads)).toBe(11);
      const stop = runtime.memory.i32(control.STOP, 1);
      expect(stop[0]).toBe(7);
      stop[0] = 0;
      runtime.memory.i32(counts, 4).fill(0);
      expect(await runtime.run(address, 2, 100, threads)).toBe(11);
      expect([...runtime.memory.i32(counts, threads)]).toEqual(Array(threads).fill(11));
    });
  }

  test("a launch for one thread is whole: the kernel is told that it is alone", async () => {
    const runtime = await create(4);
    const who = zeros(runtime, 2);
    const address = plan(runtime, ["test_who", control.LAUNCH_SINGLE, who]);
    runtime.runSync(address, 1, 3, 4);
    expect([...runtime.memory.i32(who, 2)]).toEqual([3, 1]);
  });

  test("jobs of different widths and ways follow one another", async () => {
    const runtime = await create(4);
    const counts = zeros(runtime, 4);
    const address = plan(runtime, ["test_count", 0, counts]);
    const jobs = [runtime.run(address, 1, 5, 2), runtime.run(address, 1, 5, 4), runtime.run(address, 1, 5, 1)];
    expect(caught(() => runtime.runSync(address, 1, 1, 1)).code).toBe("ARGUMENT");
    expect(await Promise.all(jobs)).toEqual([5, 5, 5]);
    for (const threads of [2, 1, 3, 4, 2]) runtime.runSync(address, 1, 1, threads);
    expect([...runtime.memory.i32(counts, 4)]).toEqual([20, 14, 7, 6]);
  });

  test("modules that are loaded while workers sleep reach them before the next job", async () => {
    const runtime = await WasmRuntime.create({ build: "baseline", maxThreads: 3 });
    open.push(runtime);
    await runtime.start(3);
    await runtime.defineModule("test", kernels);
    const counts = zeros(runtime, 4);
    const address = plan(runtime, ["test_count", 0, counts]);
    expect(runtime.runSync(address, 1, 2, 3)).toBe(2);
    await runtime.ensure(["dense-f32", "dense-f32", "dense-f64"]);
    expect(await runtime.run(address, 1, 2, 3)).toBe(2);
    expect([...runtime.memory.i32(counts, 4)]).toEqual([4, 4, 4, 0]);
    expect(new Set([runtime.slot("gemm_f32"), runtime.slot("gemm_f64"), runtime.slot("test_count"), 0]).size).toBe(4);
  });

  test("refuses what makes no sense", async () => {
    const runtime = await create(2);
    const address = plan(runtime, ["test_count", 0, zeros(runtime, 4)]);
    for (const threads of [0, 3, 1.5, Number.NaN]) {
      expect(caught(() => runtime.runSync(address, 1, 1, threads)).code).toBe("ARGUMENT");
      await expect(runtime.run(address, 1, 1, threads).catch(code)).resolves.toBe("ARGUMENT");
    }
    expect(caught(() => runtime.slot("no_such_kernel")).code).toBe("INTERNAL");
    await expect(runtime.defineModule("again", kernels).catch(code)).resolves.toBe("ARGUMENT");
    const needy = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 9, 1, 3, 0x65, 0x6e, 0x76, 1, 0x66, 0, 0);
    await expect(runtime.defineModule("needy", needy).catch(code)).resolves.toBe("ARGUMENT");
  });
});

describe("what goes wrong", () => {
  test("a trap on any thread ends the job, says where, and leaves the runtime usable", async () => {
    const runtime = await create(3);
    const counts = zeros(runtime, 4);
    const good = plan(runtime, ["test_count", control.LAUNCH_BARRIER, counts]);
    for (const threads of [1, 2, 3]) {
      for (let thread = 0; thread < threads; thread++) {
        const bad = plan(runtime, ["test_trap", 0, thread], ["test_count", control.LAUNCH_BARRIER, counts]);
        const error = caught(() => runtime.runSync(bad, 2, 1000, threads));
        expect(error.code).toBe("INTERNAL");
        expect(error.message).toContain(`"unreachable" on thread ${thread}`);
        const later = await runtime.run(bad, 2, 1000, threads).catch((reason: TetradError) => reason.message);
        expect(later).toContain(`"unreachable" on thread ${thread}`);
        expect(runtime.runSync(good, 1, 10, threads)).toBe(10);
        expect(await runtime.run(good, 1, 10, threads)).toBe(10);
      }
    }
  });

  test("a trap releases threads that wait inside a kernel", async () => {
    const runtime = await create(2);
    const base = zeros(runtime, 64);
    const wrong = zeros(runtime, 1);
    const bad = plan(runtime, ["test_trap", 0, 1], ["test_meet", 0, base, wrong]);
    expect(caught(() => runtime.runSync(bad, 2, 1, 2)).message).toContain("on thread 1");
  });

  test("addresses beyond memory trap instead of hanging or corrupting", async () => {
    const runtime = await create(2);
    const error = caught(() => runtime.runSync(0xffff_fff0, 1, 1, 1));
    expect(error.message).toContain("memory access out of bounds");
  });

  for (const threads of [1, 2, 3]) {
    test(`abort ends a long job on ${threads} thread(s) and counts its steps`, async () => {
      const runtime = await create(3);
      const counts = zeros(runtime, 4);
      const address = plan(runtime, ["test_count", control.LAUNCH_BARRIER, counts]);
      runtime.abort(); // nothing runs: nothing happens
      const long = runtime.run(address, 1, 2 ** 30, threads);
      const next = runtime.run(address, 1, 2 ** 30, threads);
      while (runtime.stepsDone < 5) await new Promise((resolve) => setTimeout(resolve, 1));
      runtime.abort();
      const steps = await long;
      expect(steps).toBeGreaterThanOrEqual(5);
      expect(steps).toBeLessThan(2 ** 30);
      expect(await next).toBe(0);
      const seen = runtime.memory.i32(counts, 4)[0] as number;
      expect(seen - steps).toBeGreaterThanOrEqual(0);
      expect(seen - steps).toBeLessThanOrEqual(1);
      expect(await runtime.run(address, 1, 4, threads)).toBe(4);
    });
  }

  test("close ends a running job and refuses others", async () => {
    const runtime = await create(2);
    const address = plan(runtime, ["test_count", 0, zeros(runtime, 4)]);
    const long = runtime.run(address, 1, 2 ** 30, 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await runtime.close();
    expect(await long).toBeLessThan(2 ** 30);
    expect(caught(() => runtime.runSync(address, 1, 1, 1)).code).toBe("ARGUMENT");
    await expect(runtime.run(address, 1, 1, 1).catch(code)).resolves.toBe("ARGUMENT");
    await runtime.close();
  });

  test("sleeping workers cost no time", async () => {
    const runtime = await create(2);
    const address = plan(runtime, ["test_count", 0, zeros(runtime, 4)]);
    runtime.runSync(address, 1, 10, 2);
    await runtime.run(address, 1, 10, 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(100); // of 400 ms; a spinning worker takes them all
  });
});

describe("a process", () => {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-runtime-"));
  const script = join(folder, "process.mjs");
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    const entry = join(folder, "entry.ts");
    writeFileSync(
      entry,
      `import { WasmRuntime } from ${JSON.stringify(join(root, "packages/engine/src/backends/wasm/runtime.ts"))};
       const before = performance.now();
       const runtime = await WasmRuntime.create({ build: "baseline", maxThreads: 2 });
       const created = performance.now() - before;
       await runtime.ensure(["dense-f32"]);
       const { memory } = runtime;
       const [a, b, c] = [memory.allocate(256), memory.allocate(256), memory.allocate(256)];
       memory.f32(a, 64).fill(2);
       memory.f32(b, 64).fill(3);
       const words = [runtime.slot("gemm_f32"), 0, 19, c, a, b, 0, 0, 8, 8, 8, 8, 8, 8, 0, 0, 1, 0, 0];
       const plan = memory.allocate(words.length * 4);
       memory.i32(plan, words.length).set(words);
       memory.f32(c, 64).fill(0);
       runtime.runSync(plan, 1, 10, 1);
       runtime.runSync(plan, 1, 10, 2);
       await runtime.run(plan, 1, 10, 2);
       if (!memory.f32(c, 64).every((x) => x === 30 * 48)) throw new Error("wrong: " + memory.f32(c, 64));
       if (process.argv[2] === "close") await runtime.close();
       console.log(JSON.stringify({ created }));`,
    );
    const alias = [{ find: "@tetrad/kernels-wasm", replacement: join(root, "packages/kernels-wasm/src/index.ts") }];
    await bundle({
      configFile: false,
      logLevel: "error",
      resolve: { alias },
      ssr: { noExternal: true },
      build: { ssr: entry, outDir: join(folder, "out"), target: "node20", minify: false, emptyOutDir: true },
    });
    writeFileSync(script, `import "./out/entry.js";`);
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  });

  function run(node: string, ...args: string[]): { created: number } {
    const child = spawnSync(node, [script, ...args], { encoding: "utf8", timeout: 20_000 });
    expect(child.stderr).toBe("");
    expect(child.status).toBe(0);
    return JSON.parse(child.stdout) as { created: number };
  }

  test("ends by itself though workers sleep", () => {
    expect(run(process.execPath).created).toBeLessThan(1000);
  });

  test("ends after close", () => {
    run(process.execPath, "close");
  });

  test("does the same on Node 20", () => {
    run(node20());
  });
});
