/** What a folder says of the training that made it: trainer_state.json, as transformers' Trainer writes it, and a card. */

export interface LogEntry {
  readonly epoch: number;
  readonly learning_rate: number;
  readonly loss: number;
  readonly step: number;
}

export interface Logged {
  readonly epochs: number;
  readonly steps: number;
  readonly log: readonly LogEntry[];
}

/** Files by name. */
export function runFiles(run: Logged, card: string | undefined): Readonly<Record<string, string>> {
  return { "trainer_state.json": trainerState(run), ...(card !== undefined && { "README.md": card }) };
}

function trainerState({ epochs, steps, log }: Logged): string {
  const state = {
    best_metric: null,
    best_model_checkpoint: null,
    epoch: log.at(-1)?.epoch ?? 0,
    global_step: steps,
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: log,
    max_steps: steps,
    num_train_epochs: epochs,
    total_flos: 0,
    trial_name: null,
    trial_params: null,
  };
  return `${JSON.stringify(state, null, 2)}\n`;
}
