import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { convolutionMacs } from "./macs.ts";
import { headOf, isObject, jsonOf, malformed, numberOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const grammar = /^\((\d+), (\d+), (\d+), (\d+), (\d+), (\d+), (\d+)\)-W(\d+)A(\d+)$/;
/** The parts before and after the searched layers come as sums. */
const sums = ["head", "tail"];

/** Costs of quantised convolutions on a simulated accelerator, as published with APQ: ms and mJ by shape and bit widths. */
export const apq: TableFormat = {
  id: "apq",
  title: "APQ costs by shape and bit widths",
  cannotHold: "spread, sample counts, anything but square convolutions",
  recognises: (file) => /^\s*\{"\(\d+, \d+, \d+/.test(headOf(file, 200)),
  read: (file, { latencyUnit = "ms", energyUnit = "mJ" } = {}) => {
    const document = jsonOf(file);
    if (!isObject(document)) throw malformed(file, "the document", "an object of costs");
    const rows = Object.entries(document)
      .filter(([key]) => !sums.includes(key))
      .map(([key, cost]) => {
        const shape = shapeOf(key);
        if (!shape) throw malformed(file, key, "(cin, cout, size, k, s, pad, groups)-WbAb");
        if (!isObject(cost)) throw malformed(file, key, "energy and latency");
        const number = (field: string) => numberOf(file, cost[field], `${key}: ${field}`);
        const latency_s = toSi(number("latency"), latencyUnit);
        return { key, ...shape, latency_s, energy_j: toSi(number("energy"), energyUnit) };
      });
    const units = { latency: latencyUnit, energy: energyUnit };
    return [{ dialect: "JSON", units, details: {}, rows }];
  },
  write: (tables) => {
    const entries = fitted(apq, tables, ({ key, latency_s = 0, energy_j = 0 }) =>
      grammar.test(key)
        ? ([key, { energy: fromSi(energy_j, "mJ"), latency: fromSi(latency_s, "ms") }] as const)
        : undefined,
    );
    return {
      content: `${JSON.stringify(Object.fromEntries(entries))}\n`,
      lost: ["the sums before and after the layers"],
    };
  },
};

function shapeOf(key: string): Omit<ForeignRow, "key"> | undefined {
  const match = grammar.exec(key);
  if (!match) return undefined;
  const numbers = match.slice(1).map(Number);
  const [inChannels = 0, outChannels = 0, size = 0, kernel = 0, stride = 1, pad = 0] = numbers;
  const [groups = 1, weightBits = 0, activationBits = 0] = numbers.slice(6);
  const at = { height: size, width: size, kernel, stride };
  // In a depthwise convolution the groups are the channels, which do not tell families apart.
  const isDepthwise = groups > 1 && groups === inChannels;
  return {
    op: isDepthwise ? "depthwise_conv2d" : "conv2d",
    shape: { ...at, pad, ...(isDepthwise ? {} : { groups }), weightBits, activationBits },
    inChannels,
    outChannels,
    macs: convolutionMacs({ ...at, inChannels, outChannels, groups }),
  };
}
