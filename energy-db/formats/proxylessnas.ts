import { blockTableFormat } from "./block-table.ts";
import { readVariance, writeVariance } from "./variance.ts";

/** Latency tables of ProxylessNAS: mean in ms, variance in ms squared, counts. */
export const proxylessnas = blockTableFormat({
  id: "proxylessnas",
  title: "ProxylessNAS block tables",
  cannotHold:
    "energy, device, units, squeeze-and-excitation, pooling, widths that are no multiple of the input's",
  types: { first: "Conv", block: "expanded_conv", "final-expand": "Conv_1", classifier: "Logits" },
  expand: "ratio",
  flags: [],
  accepts: (value) => "mean" in value && "var" in value && "count" in value,
  readValue: readVariance,
  writeValue: (row) => writeVariance(row, { counted: true }),
});
