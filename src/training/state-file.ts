import { z } from "zod";
import { UserError } from "../errors.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { TrainingState } from "./training-state.ts";

/** A training between two epochs, with whatever its owner wants to know of it. */
export interface SavedTraining<Note> {
  readonly state: TrainingState;
  readonly note: Note;
}

const slotPrefix = "slot ";

/** Replaces the file as a whole: a kill leaves the epoch before or this one. */
export function saveTraining<Note>(path: string, { state, note }: SavedTraining<Note>): void {
  const slots = [...state.slots].map(([name, array]) => [slotPrefix + name, array] as const);
  saveCheckpoint(path, {
    note: { steps: state.steps, note },
    arrays: new Map([...state.weights, ...slots]),
  });
}

/** What `saveTraining` wrote; a note of another form is a UserError. */
export function loadTraining<Note>(path: string, schema: z.ZodType<Note>): SavedTraining<Note> {
  const { note, arrays } = loadCheckpoint(path);
  const parsed = z.object({ steps: z.number(), note: schema }).safeParse(note);
  if (!parsed.success)
    throw new UserError(`${path} is the state of another version of wattsplit`, {
      hint: "Delete it and start the training again, or use the version that wrote it.",
      cause: parsed.error,
    });
  const isSlot = ([name]: readonly [string, unknown]) => name.startsWith(slotPrefix);
  const entries = [...arrays];
  return {
    state: {
      weights: new Map(entries.filter((entry) => !isSlot(entry))),
      slots: new Map(
        entries.filter(isSlot).map(([name, array]) => [name.slice(slotPrefix.length), array]),
      ),
      steps: parsed.data.steps,
    },
    note: parsed.data.note,
  };
}
