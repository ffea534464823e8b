/** Optimisers on flat segments and on single parameters. */
import { type Family, type Kernel, type LaunchShape, type Pass, WORKGROUP } from "../kernel.js";
import { powerOfTwo, SHARING } from "../share.js";

/** Vectors of four elements that a thread takes, so that the constants of a step are computed once for all of them. */
const ROUNDS = 4;
/** Elements whose squares a workgroup adds up, as shaders/lib/chunks.wgsl has it. */
const CHUNK = 4096;

/** Whether a configuration has the moment that is this output. */
const has = ({ outputs }: LaunchShape, output: number) => Number((outputs[output] as number) > 0);

/** Every element by itself; the first word counts elements. */
function elements(shader: string, consts?: Pass["consts"]): Pass {
  return {
    shader,
    groups: ({ words }) => Math.ceil((words[0] as number) / (4 * ROUNDS * WORKGROUP)),
    consts: (shape) => ({ ROUNDS, ...consts?.(shape) }),
  };
}

const flat = (shader: string, consts?: Pass["consts"]): Kernel => ({ passes: [elements(shader, consts)] });

const chunks = ({ words }: LaunchShape) => Math.ceil((words[0] as number) / CHUNK);
const ofChunks = (shader: string): Pass => ({ shader, groups: chunks });
const once = (shader: string): Pass => ({ shader, groups: () => 1 });
/** A word for each element, the first word counting them. */
const scalarElements = (shader: string): Pass => ({ shader, groups: ({ words }) => Math.ceil((words[0] as number) / WORKGROUP) });

/** How Adafactor's passes divide matrices; see shaders/lib/adafactor_matrix.wgsl. */
function matrices({ words }: LaunchShape) {
  const [batch, rows, columns] = words as [number, number, number];
  // Eight elements or more a thread, where there are as many.
  const LANES = Math.min(SHARING, powerOfTwo(columns / 8));
  // Then both the sums within blocks and those over blocks are of √rows terms.
  const HEIGHT = Math.max(16, Math.ceil(Math.sqrt(rows)));
  return { batch, rows, columns, LANES, HEIGHT, blocks: Math.ceil(rows / HEIGHT) };
}

const rowGroups = (shape: LaunchShape) => {
  const { batch, rows, LANES } = matrices(shape);
  return Math.ceil((batch * rows * LANES) / 256);
};

function ofMatrices(shader: string, groups: Pass["groups"], consts?: Pass["consts"]): Pass {
  return {
    shader,
    groups,
    consts: (shape) => {
      const { LANES, HEIGHT } = matrices(shape);
      return { LANES, HEIGHT, ...consts?.(shape) };
    },
  };
}

export const optim = {
  adadelta: flat("adadelta"),
  adafactor_matrix: {
    passes: [
      ofMatrices("adafactor_matrix_rows", rowGroups),
      ofMatrices("adafactor_matrix_columns", (shape) => {
        const { batch, blocks, columns } = matrices(shape);
        return Math.ceil((batch * blocks * columns) / WORKGROUP);
      }),
      ofMatrices("adafactor_matrix_means", (shape) => {
        const { batch, columns } = matrices(shape);
        return batch + Math.ceil((batch * columns) / WORKGROUP);
      }),
      ofMatrices("adafactor_matrix_directions", rowGroups),
      ofMatrices("adafactor_matrix_step", () => 1),
      ofMatrices(
        "adafactor_matrix",
        (shape) => {
          const { batch, rows, columns } = matrices(shape);
          return Math.ceil((batch * rows * columns) / WORKGROUP);
        },
        (shape) => ({ MOMENTUM: has(shape, 3) }),
      ),
    ],
    scratch: (shape) => {
      const { batch, blocks, columns } = matrices(shape);
      return 4 * rowGroups(shape) + 2 + batch + batch * blocks * columns;
    },
  },
  adafactor_vector: {
    passes: [
      ofChunks("adafactor_vector_moments"),
      once("adafactor_vector_step"),
      elements("adafactor_vector", (shape) => ({ MOMENTUM: has(shape, 2) })),
    ],
    scratch: (shape) => 4 * chunks(shape) + 2,
  },
  adagrad: flat("adagrad"),
  adam: flat("adam", (shape) => ({ AMSGRAD: has(shape, 3) })),
  adamax: flat("adamax"),
  clip_norm: { passes: [ofChunks("clip_norm_squares"), once("clip_norm")], scratch: (shape) => 2 * chunks(shape) },
  lamb: { passes: [ofChunks("lamb_moments"), once("lamb_step"), elements("lamb")], scratch: (shape) => 4 * chunks(shape) + 1 },
  lion: flat("lion"),
  muon_apply: { passes: [scalarElements("muon_apply")] },
  muon_momentum: {
    passes: [ofChunks("muon_momentum_average"), once("muon_momentum_norm"), scalarElements("muon_momentum")],
    scratch: (shape) => 2 * chunks(shape) + 1,
  },
  nadam: { passes: [once("nadam_momenta"), elements("nadam")], scratch: () => 2 },
  radam: flat("radam"),
  rmsprop: flat("rmsprop", (shape) => ({ CENTERED: has(shape, 2), MOMENTUM: has(shape, 3) })),
  sgd: flat("sgd", (shape) => ({ MOMENTUM: has(shape, 1) })),
} as const satisfies Family;
