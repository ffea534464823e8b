/** What a configuration of `tetrad finetune multi` says of its tasks, by their names. */
import { TASK_KINDS, type TaskKind } from "@tetrad/language";
import { z } from "zod";

const file = z.string().min(1);

/** The key `tasks`: options of each as of its own command, where that has them. */
export const tasksSchema = z.record(
  z.string(),
  z.strictObject({
    task: z.enum(TASK_KINDS),
    train: file,
    test: file.optional(),
    validation: file.optional(),
    /** Columns */
    text: z.string().optional(),
    label: z.string().optional(),
    /** Between the labels of a text with several */
    separator: z.string().optional(),
    crf: z.boolean().optional(),
    stride: z.int().positive().optional(),
    max_tokens: z.int().positive().optional(),
    /** Factor on the task's loss */
    loss_weight: z.number().positive().optional(),
  }),
);

export type TaskSettings = z.output<typeof tasksSchema>[string] & { readonly task: TaskKind };
