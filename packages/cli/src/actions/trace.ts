/** The work of `tetrad trace`: warm up, record, write the file, say what is in it. */
import { largestOf, traceEvents, writeFileAtomic } from "@tetrad/engine";
import type { Context } from "../context.js";
import { counted } from "../numbers.js";
import { stepProgram } from "../training/step-program.js";

export interface TraceOptions {
  readonly out: string;
  readonly steps: number;
}

/** V8 optimises kernels within their first calls, and the thread count is chosen by then: what is recorded is what a long training does. */
const WARM_UP_MS = 300;
const WARM_UP_STEPS = 50;

export async function traceAction({ terminal, withEngine }: Context, path: string, { out, steps }: TraceOptions): Promise<void> {
  const compile = await stepProgram(path);
  await withEngine(async (engine) => {
    const program = await compile(engine);
    const end = performance.now() + WARM_UP_MS;
    for (let step = 0; step < WARM_UP_STEPS || performance.now() < end; step++) await program.step();
    // The traced interpreter is another function, which has to warm up, too.
    for (let pass = 0; pass < 5; pass++) await program.trace(steps);
    const timeline = await program.trace(steps);
    const { backend, build } = engine.describe();
    const file = traceEvents(timeline, { config: path, backend, build, placement: program.placement });
    await writeFileAtomic(out, `${JSON.stringify(file)}\n`);
    const threads = timeline.threads.length;
    const microseconds = Math.max(0, largestOf(file.traceEvents.map(({ ts = 0, dur = 0 }) => ts + dur)));
    const facts = {
      file: out,
      steps,
      threads,
      launches: timeline.launches.length,
      events: file.traceEvents.length,
      microseconds,
      placement: program.placement,
    };
    terminal.result(
      `${out}: ${steps} steps of ${timeline.launches.length} launches on ${counted(threads, "thread")}, ${microseconds.toFixed(1)} µs; open it in https://ui.perfetto.dev`,
      facts,
    );
    program.close();
  });
}
