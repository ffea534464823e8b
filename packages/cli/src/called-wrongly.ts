/** Options that do not go together, or without which there is nothing to do: the command ends as it does for an unknown option. */
import { type ErrorParts, TetradError } from "@tetrad/engine";

export class CalledWrongly extends TetradError {
  readonly exitCode = 2;

  constructor(parts: ErrorParts) {
    super("ARGUMENT", parts);
  }
}
