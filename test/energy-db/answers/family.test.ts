import fc from "fast-check";
import { expect, test } from "vitest";
import { familyFinder } from "../../../energy-db/answers/family.ts";
import { type Kernel, kernelFamily, kernelKey } from "../../../src/network/kernel.ts";

/** Few values per field, so that equal families come up often. */
const kernels: fc.Arbitrary<Kernel> = fc
  .record({
    op: fc.constantFrom("conv2d", "depthwise_conv2d"),
    batch: fc.constantFrom(1, 2),
    inHeight: fc.constantFrom(8, 16),
    inWidth: fc.constantFrom(8, 16),
    channels: fc.constantFrom(1, 4, 8),
    kernelSize: fc.constantFrom(1, 3),
    stride: fc.constantFrom(1, 2),
    padding: fc.constantFrom("same", "valid"),
    variant: fc.constantFrom("relu", "linear"),
  } as const)
  .map(({ channels, ...fields }) => ({
    ...fields,
    inChannels: channels,
    outChannels: channels,
    groups: fields.op === "depthwise_conv2d" ? channels : 1,
    dtype: "float32",
  }));

test("two kernels are of one family exactly if their family keys are equal", () => {
  const change = fc.tuple(
    kernels,
    kernels,
    fc.constantFrom("all", "batch", "inWidth", "padding", "variant", "inChannels"),
  );
  fc.assert(
    fc.property(change, ([known, other, field]) => {
      const asked = field === "all" ? other : { ...known, [field]: other[field] };
      const measured = {
        kernel: known,
        key: kernelKey(known),
        family: kernelFamily(known),
        latency_s: 1e-6,
        relativeHalfWidth: 0.01,
        observations: 1,
        flags: [],
        rows: [1],
      };

      const found = familyFinder([measured], { slope: 1, energyModel: undefined }, 1)(asked);

      expect(found !== undefined).toBe(kernelFamily(asked) === kernelFamily(known));
    }),
    { seed: 8, numRuns: 500 },
  );
});
