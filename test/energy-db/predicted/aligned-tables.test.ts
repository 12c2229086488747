import { expect, test } from "vitest";
import { alignmentOf, asked } from "../../../energy-db/predicted/aligned-tables.ts";
import type { CostAnswer } from "../../../energy-db/records.ts";
import { type Kernel, kernelsOf } from "../../../src/network/kernel.ts";
import { presets } from "../../../src/network/presets.ts";

const [first, , pointwise] = kernelsOf(presets["mobilenet-v1-cifar"].build({})).map(
  ({ kernel }) => kernel,
);
if (!first || !pointwise) throw new Error("no kernels");
const answer = { latency_s: 1e-6 } as CostAnswer;
const space = (alignment: number) => ({ alignment, tryCost: () => answer });

test("a space that shows no alignment answers for aligned widths alone where others show one", () => {
  const spaces = [space(1), space(16), space(4)];
  const alignment = alignmentOf(spaces);
  const odd: Kernel = { ...pointwise, inChannels: 45 };

  expect(alignment).toBe(4);
  expect(spaces.map((costs) => asked(costs, odd, alignment) !== undefined)).toEqual([
    false,
    true,
    true,
  ]);
  for (const kernel of [first, pointwise, { ...odd, op: "dense" } as Kernel])
    expect(asked(space(1), kernel, alignment)).toBe(answer);
});

test("where no space shows an alignment all of them answer", () => {
  expect(alignmentOf([])).toBe(1);
  expect(asked(space(1), { ...pointwise, inChannels: 45 }, alignmentOf([space(1)]))).toBe(answer);
});
