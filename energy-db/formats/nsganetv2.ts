import { blockTableFormat } from "./block-table.ts";
import { readVariance, writeVariance } from "./variance.ts";

/** Latency tables of NSGANetV2: mean in ms, variance in ms squared. */
export const nsganetv2 = blockTableFormat({
  id: "nsganetv2",
  title: "NSGANetV2 block tables",
  cannotHold: "energy, device, units, sample counts, widths that are no multiple of the input's",
  types: {
    first: "first_conv",
    block: "MBConv",
    "final-expand": "final_expand_layer",
    mix: "feature_mix_layer",
    classifier: "classifier",
  },
  expand: "ratio",
  flags: ["se"],
  accepts: (value) => "mean" in value && "var" in value && !("count" in value),
  readValue: readVariance,
  writeValue: (row) => writeVariance(row, { counted: false }),
});
