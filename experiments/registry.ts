import { unknownName } from "../src/errors.ts";
import { autoshrink } from "./autoshrink/autoshrink.ts";
import { autoshrinkText } from "./autoshrink-text/autoshrink-text.ts";
import { eigen } from "./eigen/eigen.ts";
import type { Experiment } from "./experiment.ts";
import { frontier } from "./frontier/frontier.ts";
import { headroom } from "./headroom/headroom.ts";
import { hurricane } from "./hurricane/hurricane.ts";
import { kwsDscnn } from "./kws-dscnn/kws-dscnn.ts";
import { methods } from "./methods/methods.ts";
import { naturalGradient } from "./natural-gradient/natural-gradient.ts";
import { rbfLaw } from "./rbf-law/rbf-law.ts";
import { signedEscape } from "./signed-escape/signed-escape.ts";
import { stairs } from "./stairs/stairs.ts";

/** Every experiment; a new one is a folder here and a line in this table. */
export const experiments: Readonly<Record<string, Experiment>> = {
  headroom,
  frontier,
  methods,
  stairs,
  eigen,
  "kws-dscnn": kwsDscnn,
  "rbf-law": rbfLaw,
  "signed-escape": signedEscape,
  "natural-gradient": naturalGradient,
  hurricane,
  autoshrink,
  "autoshrink-text": autoshrinkText,
};

export function findExperiment(name: string): Experiment {
  const found = Object.hasOwn(experiments, name) ? experiments[name] : undefined;
  if (!found) throw unknownName("experiment", name, Object.keys(experiments));
  return found;
}
