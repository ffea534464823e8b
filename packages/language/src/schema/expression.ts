/**
 * Regular expressions over bytes and their derivatives (Brzozowski 1964, doi:10.1145/321239.321249; Owens, Reppy and Turon 2009): what may follow a byte is an
 * expression again, so that a state of writing is an expression, and counters need no states of their own until they are reached.
 */

export interface Expression {
  readonly id: number;
  /** Whether it holds of no bytes at all */
  readonly nullable: boolean;
  /** Bytes of the shortest text that it holds of; Infinity where there is none */
  readonly least: number;
  readonly form: Form;
  /** What is left after a byte, as far as it was asked for */
  readonly after: (Expression | undefined)[];
}

type Form =
  | { readonly kind: "none" | "empty" }
  | { readonly kind: "byte"; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: "sequence"; readonly first: Expression; readonly rest: Expression }
  | { readonly kind: "either"; readonly parts: readonly Expression[] }
  | { readonly kind: "repeat"; readonly part: Expression; readonly min: number; readonly max: number };

/** Makes expressions, each only once, so that equal states are the same object. */
export class Expressions {
  readonly #known = new Map<string, Expression>();
  readonly none = this.#make("none", { kind: "none" }, false, Number.POSITIVE_INFINITY);
  readonly empty = this.#make("empty", { kind: "empty" }, true, 0);

  #make(key: string, form: Form, nullable: boolean, least: number): Expression {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = { id: this.#known.size, nullable, least, form, after: [] };
    this.#known.set(key, made);
    return made;
  }

  /** One byte of the ranges, both ends counted */
  byte(...ranges: readonly (readonly [number, number])[]): Expression {
    return this.#make(`byte ${ranges.join(";")}`, { kind: "byte", ranges }, false, 1);
  }

  /** A text's own bytes */
  text(text: string): Expression {
    return this.sequence(...[...new TextEncoder().encode(text)].map((byte) => this.byte([byte, byte])));
  }

  sequence(...parts: readonly Expression[]): Expression {
    return parts.reduceRight((rest, first) => this.#pair(first, rest), this.empty);
  }

  #pair(first: Expression, rest: Expression): Expression {
    if (first === this.none || rest === this.none) return this.none;
    if (first === this.empty) return rest;
    if (rest === this.empty) return first;
    if (first.form.kind === "sequence") return this.#pair(first.form.first, this.#pair(first.form.rest, rest));
    const form: Form = { kind: "sequence", first, rest };
    return this.#make(`sequence ${first.id},${rest.id}`, form, first.nullable && rest.nullable, first.least + rest.least);
  }

  either(...options: readonly Expression[]): Expression {
    const flat = options.flatMap((option) => (option.form.kind === "either" ? option.form.parts : [option]));
    const parts = [...new Set(flat)].filter((part) => part !== this.none).sort((a, b) => a.id - b.id);
    if (parts.length < 2) return parts[0] ?? this.none;
    const nullable = parts.some((part) => part.nullable);
    return this.#make(
      `either ${parts.map(({ id }) => id)}`,
      { kind: "either", parts },
      nullable,
      Math.min(...parts.map(({ least }) => least)),
    );
  }

  optional(part: Expression): Expression {
    return this.either(this.empty, part);
  }

  /** @param max Infinity for any number */
  repeat(part: Expression, min: number, max: number): Expression {
    if (max === 0 || part === this.empty) return this.empty;
    if (part === this.none) return min === 0 ? this.empty : this.none;
    // A part that may be nothing makes up for those that are missing.
    const least = part.nullable ? 0 : min;
    return this.#make(`repeat ${part.id},${least},${max}`, { kind: "repeat", part, min: least, max }, least === 0, least * part.least);
  }

  /** What may follow after a byte; `none` where it may not come */
  after(expression: Expression, byte: number): Expression {
    expression.after[byte] ??= this.#derive(expression, byte);
    return expression.after[byte];
  }

  #derive({ form }: Expression, byte: number): Expression {
    switch (form.kind) {
      case "none":
      case "empty":
        return this.none;
      case "byte":
        return form.ranges.some(([low, high]) => low <= byte && byte <= high) ? this.empty : this.none;
      case "sequence": {
        const through = this.#pair(this.after(form.first, byte), form.rest);
        return form.first.nullable ? this.either(through, this.after(form.rest, byte)) : through;
      }
      case "either":
        return this.either(...form.parts.map((part) => this.after(part, byte)));
      case "repeat":
        return this.#pair(this.after(form.part, byte), this.repeat(form.part, Math.max(0, form.min - 1), form.max - 1));
    }
  }
}
