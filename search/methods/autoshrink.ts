import { shrinkMethod } from "../autoshrink/shrink-method.ts";

/** As many candidates a step as AutoShrink's release tries. */
export const autoshrink = shrinkMethod({
  name: "autoshrink",
  summary:
    "cells completely wired lose the edge whose absence scores best, one a step (AutoShrink)",
  candidates: 10,
  removal: "best",
});
