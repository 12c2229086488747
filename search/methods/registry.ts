import { unknownName } from "../../src/errors.ts";
import type { SearchMethod } from "../method.ts";
import { autoshrink } from "./autoshrink.ts";
import { fast } from "./fast.ts";
import { hurricane } from "./hurricane.ts";
import { l1Prune } from "./l1-prune.ts";
import { legacy1910 } from "./legacy1910.ts";
import { morphnet } from "./morphnet.ts";
import { netadapt } from "./netadapt.ts";
import { pyramid } from "./pyramid.ts";
import { randomSplit } from "./random-split.ts";
import { randomWidths } from "./random-widths.ts";
import { randomWirings } from "./random-wirings.ts";
import { s2d } from "./s2d.ts";
import { signed } from "./signed.ts";
import { slimming } from "./slimming.ts";
import { splitting } from "./splitting.ts";
import { uniform } from "./uniform.ts";
import { uniformOnStairsMethod } from "./uniform-on-stairs.ts";

/** Every search method, the default first; a new one is a file here and a line in this list. */
export const searchMethods: readonly SearchMethod[] = [
  splitting,
  fast,
  s2d,
  signed,
  legacy1910,
  uniform,
  uniformOnStairsMethod,
  pyramid,
  randomWidths,
  randomSplit,
  slimming,
  l1Prune,
  morphnet,
  netadapt,
  hurricane,
  autoshrink,
  randomWirings,
];

/** The method called `name`; throws a UserError that lists the known ones. */
export function findMethod(name: string): SearchMethod {
  const found = searchMethods.find((method) => method.name === name);
  if (found) return found;
  throw unknownName(
    "search method",
    name,
    searchMethods.map((method) => method.name),
  );
}
