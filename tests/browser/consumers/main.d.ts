import type { EngineOptions } from "@tetrad/engine";

export function dataset(rows: number): { x: Float32Array; y: Float32Array };
export function train(
  options?: EngineOptions,
  size?: { readonly rows?: number; readonly epochs?: number },
): Promise<{ losses: number[]; predicted: number[]; placement: string; ms: number }>;
