/** Arithmetic with numbers, 0 and 1 in the library's general formulas, so that a flat universe does not compute its curvature. A theory's own formulas stay as written. */

import { evaluateOperation, type OperationName } from "./operations.js";
import type { Expression, TreeBuilder } from "./tree.js";

export function simplified(builder: TreeBuilder, operation: OperationName, args: readonly Expression[]): Expression {
  const numbers = args.map((arg) => (arg.kind === "number" && arg.unit === undefined ? arg.value : undefined));
  const [a, b] = args as [Expression, Expression];
  const [x, y] = numbers;
  if (numbers.every((value) => value !== undefined)) {
    const value = evaluateOperation(operation, numbers as number[]);
    if (Number.isFinite(value)) return builder.number(value);
  }
  switch (operation) {
    case "add":
      if (x === 0) return b;
      if (y === 0) return a;
      break;
    case "subtract":
      if (y === 0) return a;
      break;
    case "multiply":
      if (x === 0 || y === 0) return builder.number(0);
      if (x === 1) return b;
      if (y === 1) return a;
      break;
    case "divide":
      if (x === 0) return builder.number(0);
      if (y === 1) return a;
      break;
    case "pow":
      if (y === 1) return a;
      break;
    default:
  }
  return builder.call(operation, args);
}
