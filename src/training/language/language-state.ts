import { z } from "zod";
import { UserError } from "../../errors.ts";
import { loadCheckpoint, saveCheckpoint } from "../checkpoint.ts";
import type { LanguagePoint } from "./language-trainer.ts";

const scoresSchema = z.object({
  epoch: z.number(),
  trainingPerplexity: z.number(),
  validationPerplexity: z.number(),
});

const noteSchema = z.object({
  /** What is trained, in its owner's words: another training's state is not gone on with. */
  owner: z.string(),
  randomState: z.number(),
  averagedSteps: z.number().optional(),
  curve: z.array(scoresSchema),
  best: scoresSchema.optional(),
});

/** Arrays by the place of their weights in a point. */
const places = ["weights", "average", "best"] as const;

/** Replaces the file as a whole: a kill leaves the epoch before or this one. */
export function saveLanguagePoint(path: string, owner: string, point: LanguagePoint): void {
  const { randomState, curve, average, best } = point;
  const weights = { weights: point.weights, average: average?.weights, best: best?.weights };
  const note: z.infer<typeof noteSchema> = {
    owner,
    randomState,
    curve: [...curve],
    ...(average ? { averagedSteps: average.steps } : {}),
    ...(best ? { best: best.scores } : {}),
  };
  const arrays = places.flatMap((place) =>
    [...(weights[place] ?? [])].map(([name, array]) => [`${place}/${name}`, array] as const),
  );
  saveCheckpoint(path, { note, arrays: new Map(arrays) });
}

/** What `saveLanguagePoint` wrote for this owner; undefined where it wrote for another. */
export function loadLanguagePoint(path: string, owner: string): LanguagePoint | undefined {
  const saved = loadOwnedPoint(path);
  return saved.owner === owner ? saved.point : undefined;
}

/** What `saveLanguagePoint` wrote, for whomever. */
export function loadOwnedPoint(path: string): {
  readonly owner: string;
  readonly point: LanguagePoint;
} {
  const { note, arrays } = loadCheckpoint(path);
  const parsed = noteSchema.safeParse(note);
  if (!parsed.success)
    throw new UserError(`${path} is the state of another version of wattsplit`, {
      hint: "Delete it and start the training again, or use the version that wrote it.",
      cause: parsed.error,
    });
  const { owner, randomState, averagedSteps, curve, best } = parsed.data;
  const at = (place: (typeof places)[number]) =>
    new Map(
      [...arrays].flatMap(([name, array]) =>
        name.startsWith(`${place}/`) ? [[name.slice(place.length + 1), array] as const] : [],
      ),
    );
  const point = {
    weights: at("weights"),
    ...(averagedSteps === undefined
      ? {}
      : { average: { weights: at("average"), steps: averagedSteps } }),
    randomState,
    curve,
    ...(best ? { best: { scores: best, weights: at("best") } } : {}),
  };
  return { owner, point };
}
