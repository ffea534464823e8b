/** IEEE 754 half precision. */
import { f16Bits, f16Value, type WeightFormat } from "./format.js";
import { words16 } from "./words16.js";

export const f16: WeightFormat = words16("f16", 0, f16Bits, f16Value);
