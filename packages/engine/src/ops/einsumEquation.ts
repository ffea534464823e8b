/** What an einsum equation says: a list of symbols per operand and for the result, ellipses written out, and the extent of each symbol. */

import { TetradError } from "../errors.js";
import { formatShape, type Shape } from "../shape.js";

export interface Equation {
  /** Symbols of each operand's axes; those of an ellipsis are "…0", "…1", …, counted from the right. */
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
  readonly extents: ReadonlyMap<string, number>;
}

const ELLIPSIS = "...";

function fault(what: string, equation: string, more: { got?: string; expected?: string; hint?: string } = {}): TetradError {
  return new TetradError("ARGUMENT", { op: "einsum", what: `"${equation}": ${what}`, ...more });
}

/** A term's characters with the ellipsis as one symbol. */
function symbolsOf(term: string, equation: string): string[] {
  const symbols = term.match(/\.\.\.|./gsu) ?? [];
  const odd = symbols.find((symbol) => symbol !== ELLIPSIS && !/^[A-Za-z]$/.test(symbol));
  if (odd !== undefined)
    throw fault(`"${odd}" is no symbol`, equation, { expected: "letters, one ellipsis per operand, commas and one ->" });
  if (symbols.filter((symbol) => symbol === ELLIPSIS).length > 1) throw fault(`two ellipses in "${term}"`, equation);
  return symbols;
}

/** `symbols` with the ellipsis replaced by the names of the `count` axes it stands for. */
function spread(symbols: readonly string[], count: number): string[] {
  return symbols.flatMap((symbol) => (symbol === ELLIPSIS ? Array.from({ length: count }, (_, i) => `…${count - 1 - i}`) : [symbol]));
}

/**
 * Reads `equation` for operands of these shapes. An axis of extent one stretches to the extent that its symbol has elsewhere, as in torch.einsum.
 * Without `->` the result has the ellipsis, then the symbols that occur once, in alphabetical order.
 */
export function parseEquation(equation: string, shapes: readonly Shape[]): Equation {
  const sides = equation.replace(/\s/g, "").split("->");
  if (sides.length > 2) throw fault('more than one "->"', equation);
  const terms = (sides[0] as string).split(",").map((term) => symbolsOf(term, equation));
  if (terms.length !== shapes.length)
    throw fault("operands differ in number", equation, { got: `${shapes.length} tensors`, expected: `${terms.length}` });

  const operands = terms.map((symbols, i) => {
    const shape = shapes[i] as Shape;
    const open = symbols.includes(ELLIPSIS);
    const rest = shape.length - symbols.length + Number(open);
    if (rest < 0 || (rest > 0 && !open)) {
      throw fault(`operand ${i} has not the axes that "${symbols.join("")}" names`, equation, {
        got: formatShape(shape),
        expected: `${open ? "at least " : ""}${symbols.length - Number(open)} axes`,
      });
    }
    return spread(symbols, rest);
  });
  const extents = extentsOf(operands, shapes, equation);
  const dots = [...extents.keys()].filter((symbol) => symbol.startsWith("…")).length;
  return { operands, output: outputOf(sides[1], operands, dots, equation), extents };
}

function extentsOf(operands: readonly (readonly string[])[], shapes: readonly Shape[], equation: string): Map<string, number> {
  const extents = new Map<string, number>();
  operands.forEach((symbols, i) => {
    const own = new Map<string, number>();
    symbols.forEach((symbol, axis) => {
      const extent = (shapes[i] as Shape)[axis] as number;
      if ((own.get(symbol) ?? extent) !== extent)
        throw fault(`"${symbol}" names axes of unlike extent in operand ${i}`, equation, { got: formatShape(shapes[i] as Shape) });
      own.set(symbol, extent);
      const known = extents.get(symbol) ?? 1;
      if (known !== 1 && extent !== 1 && known !== extent) {
        throw new TetradError("SHAPE", {
          op: "einsum",
          what: `"${equation}": "${symbol}" has two extents`,
          got: `${known} and ${extent}, the latter in operand ${i} of shape ${formatShape(shapes[i] as Shape)}`,
          expected: "one extent, or 1",
        });
      }
      extents.set(symbol, extent === 1 ? known : extent);
    });
  });
  return extents;
}

function outputOf(side: string | undefined, operands: readonly (readonly string[])[], dots: number, equation: string): string[] {
  const all = operands.flat();
  if (side === undefined) {
    const once = all.filter((symbol) => !symbol.startsWith("…") && all.indexOf(symbol) === all.lastIndexOf(symbol));
    return [...spread([ELLIPSIS], dots), ...once.sort()];
  }
  const output = spread(symbolsOf(side, equation), dots);
  output.forEach((symbol, i) => {
    if (!all.includes(symbol)) throw fault(`"${symbol}" of the result is in no operand`, equation);
    if (output.indexOf(symbol) !== i)
      throw fault(`"${symbol}" twice in the result`, equation, { hint: "diagEmbed makes diagonal matrices" });
  });
  return output;
}
