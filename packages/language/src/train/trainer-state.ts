/** What a folder says of the training that made it: trainer_state.json, as transformers' Trainer writes it, and a card. */

/** Losses of some steps, or an evaluation, whose figures begin with `eval_`. */
export interface LogEntry {
  readonly epoch: number;
  readonly step: number;
  readonly learning_rate?: number;
  /** Mean of the steps since the entry before */
  readonly loss?: number;
  readonly [figure: string]: number | undefined;
}

export interface Logged {
  readonly epochs: number;
  /** Steps of the whole training */
  readonly allSteps: number;
  readonly log: readonly LogEntry[];
  readonly batchSize: number;
  readonly loggingSteps: number;
  readonly evalSteps: number;
  readonly saveSteps: number;
  readonly best?: { readonly metric: number; readonly step: number } | undefined;
  /** Evaluations since the best one */
  readonly worse?: number;
}

/** What a training made, or what a folder was opened as, of which no log is known. */
export type LoggedOrOpened = Logged | { readonly log?: undefined };

/** Files by name. */
export function runFiles(run: LoggedOrOpened, card: string | undefined): Readonly<Record<string, string>> {
  return {
    ...(run.log !== undefined && { "trainer_state.json": trainerState(run) }),
    ...(card !== undefined && { "README.md": card }),
  };
}

export function trainerState({ epochs, allSteps, log, batchSize, loggingSteps, evalSteps, saveSteps, best, worse = 0 }: Logged): string {
  const last = log.at(-1);
  const state = {
    best_global_step: best?.step ?? null,
    best_metric: best?.metric ?? null,
    best_model_checkpoint: best === undefined ? null : `checkpoint-${best.step}`,
    epoch: last?.epoch ?? 0,
    eval_steps: evalSteps,
    global_step: last?.step ?? 0,
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: log,
    logging_steps: loggingSteps,
    max_steps: allSteps,
    num_input_tokens_seen: 0,
    num_train_epochs: epochs,
    save_steps: saveSteps,
    stateful_callbacks: {
      EarlyStoppingCallback: { args: {}, attributes: { early_stopping_patience_counter: worse } },
    },
    total_flos: 0,
    train_batch_size: batchSize,
    trial_name: null,
    trial_params: null,
  };
  return `${JSON.stringify(state, null, 2)}\n`;
}
