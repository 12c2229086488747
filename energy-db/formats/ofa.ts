import { blockTableFormat } from "./block-table.ts";
import { fromSi, toSi } from "./units.ts";

/** Latency tables of Once-for-all (MobileNetV3 space; YAML) and DynamicOFA (JSON): mean and deviation in ms. */
export const ofa = blockTableFormat({
  id: "ofa",
  title: "Once-for-all block tables",
  cannotHold: "energy, device, units, anything but blocks of MobileNetV3",
  types: {
    first: "Conv",
    block: "expanded_conv",
    "final-expand": "Conv_1",
    pool: "AvgPool2D",
    mix: "Conv_2",
    classifier: "Logits",
  },
  expand: "channels",
  flags: ["se", "hs"],
  accepts: (value) => "mean" in value && "std" in value,
  readValue: (value, number, unit) => ({
    latency_s: toSi(number("mean"), unit),
    latency_sd_s: toSi(number("std"), unit),
    ...("count" in value ? { samples: number("count") } : {}),
  }),
  writeValue: ({ latency_s, latency_sd_s = 0, samples }) =>
    latency_s === undefined
      ? undefined
      : {
          ...(samples === undefined ? {} : { count: samples }),
          mean: fromSi(latency_s, "ms"),
          std: fromSi(latency_sd_s, "ms"),
        },
});
