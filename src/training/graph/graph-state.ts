import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { TensorValue } from "../../tensor/index.ts";
import { loadCheckpoint, saveCheckpoint } from "../checkpoint.ts";
import type { GraphPoint } from "./graph-trainer.ts";

const scoresSchema = z.object({
  epoch: z.number(),
  trainingLoss: z.number(),
  heldOutLoss: z.number(),
  heldOutAccuracy: z.number(),
  testAccuracy: z.number(),
});

const noteSchema = z.object({
  /** What is trained, in its owner's words. */
  owner: z.string(),
  epoch: z.number(),
  randomState: z.number(),
  trainingLoss: z.number(),
  curve: z.array(scoresSchema),
  best: scoresSchema.optional(),
  /** Of arrays, by place and name; those of the best epoch have none. */
  shapes: z.record(z.string(), z.array(z.number())),
});

const places = ["values", "factors"] as const;
const bestPlace = "best/";

/** A saved training with its owner's words. */
export interface SavedGraphPoint {
  readonly owner: string;
  readonly point: GraphPoint;
}

/** Replaces the file as a whole: a kill leaves the state before or this one. */
export function saveGraphPoint(path: string, { owner, point }: SavedGraphPoint): void {
  const { epoch, randomState, trainingLoss, curve, best } = point;
  const kept = places.flatMap((place) =>
    Object.entries(point[place]).map(([name, value]) => [`${place}/${name}`, value] as const),
  );
  const note: z.infer<typeof noteSchema> = {
    ...{ owner, epoch, randomState, trainingLoss, curve: [...curve] },
    ...(best ? { best: best.scores } : {}),
    shapes: Object.fromEntries(kept.map(([name, { shape }]) => [name, [...shape]])),
  };
  const arrays = kept.map(([name, { data }]) => [name, data as Float32Array] as const);
  const weights = [...(best?.weights ?? [])].map(
    ([name, data]) => [`${bestPlace}${name}`, data] as const,
  );
  saveCheckpoint(path, { note, arrays: new Map([...arrays, ...weights]) });
}

/** What `saveGraphPoint` wrote; a note of another form is a UserError. */
export function loadGraphPoint(path: string): SavedGraphPoint {
  const { note, arrays } = loadCheckpoint(path);
  const parsed = noteSchema.safeParse(note);
  if (!parsed.success)
    throw new UserError(`${path} is the state of another training, or of another version`, {
      hint: "Delete it and start the training again, or use the version that wrote it.",
      cause: parsed.error,
    });
  const { owner, shapes, best, ...rest } = parsed.data;
  const at = (place: string): readonly (readonly [string, Float32Array])[] =>
    [...arrays].flatMap(([name, data]) =>
      name.startsWith(place) ? [[name.slice(place.length), data] as const] : [],
    );
  const [values, factors] = places.map((place) =>
    Object.fromEntries(
      at(`${place}/`).map(([name, data]): [string, TensorValue] => [
        name,
        { shape: shapes[`${place}/${name}`] ?? [], dtype: "float32", data },
      ]),
    ),
  );
  return {
    owner,
    point: {
      ...rest,
      values: values ?? {},
      factors: factors ?? {},
      ...(best ? { best: { scores: best, weights: new Map(at(bestPlace)) } } : {}),
    },
  };
}
