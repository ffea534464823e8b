import type { EngineOptions } from "@tetrad/engine";

export interface Trained {
  losses: number[];
  answers: (string | number)[][];
}

export function trainTexts(options: EngineOptions, folder: string, out: string): Promise<Trained>;
export function trainFromEverywhere(options: EngineOptions, address: string, names: readonly string[]): Promise<Trained[]>;
