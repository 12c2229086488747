import { randomWirings as wiringsByChance } from "../autoshrink/random-wirings.ts";
import { mostTrainings } from "../autoshrink/shrink.ts";

export const randomWirings = wiringsByChance(
  "random-wirings",
  "the best of cells wired by chance, for as many trainings as autoshrink: a control",
  ({ complete }) => mostTrainings(complete.edges.length, 10, 1),
);
