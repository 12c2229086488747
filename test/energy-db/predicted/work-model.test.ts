import { expect, test } from "vitest";
import type { KnownFamily } from "../../../energy-db/predicted/known-families.ts";
import { workModel } from "../../../energy-db/predicted/work-model.ts";
import { outputPositions } from "../../../src/network/costs.ts";
import { type Kernel, kernelFamily, kernelsOf } from "../../../src/network/kernel.ts";
import { presets } from "../../../src/network/presets.ts";
import { type Work, workOf } from "../../../src/network/work.ts";
import { median } from "../../../src/statistics.ts";

/** 1 us, a quarter of a nanosecond per multiply-accumulate, a tenth per byte moved. */
const law = ({ macs, movedBytes, weightBytes }: Work): number =>
  1e-6 + 0.25e-9 * macs + 0.1e-9 * movedBytes + 0.02e-9 * weightBytes;

const kernels = kernelsOf(presets["mobilenet-v1-cifar"].build({})).map(({ kernel }) => kernel);
const image = (width: number): readonly [number, number] =>
  width < 16 ? [width, width] : [16, width];

/** The families of a network, known from widths of 16 to its own. */
const familiesOf = (time_s: (kernel: Kernel) => number): readonly KnownFamily[] =>
  [...new Map(kernels.map((kernel) => [kernelFamily(kernel), kernel]))].map(([key, example]) => {
    const ranges = { in: image(example.inChannels), out: image(example.outChannels) };
    const isWithin = (width: number, [low, high]: readonly [number, number]) =>
      width >= low && width <= high;
    return {
      key,
      example,
      ranges,
      time_s: (kernel) =>
        isWithin(kernel.inChannels, ranges.in) && isWithin(kernel.outChannels, ranges.out)
          ? time_s(kernel)
          : undefined,
    };
  });

const lawful = familiesOf((kernel) => law(workOf(kernel)));

test("times that follow a law of work are guessed by it, for kernels that nobody measured", () => {
  const model = workModel(lawful);

  for (const { kernel } of kernelsOf(presets["mobilenet-v2"].build({}))) {
    const work = workOf(kernel);
    if (work.kind !== "convolution") continue;
    expect((model.guess(work)?.latency_s ?? 0) / law(work)).toBeCloseTo(1, 2);
  }
});

test("the interval is no narrower than what families left out show", () => {
  const noisy = familiesOf(
    (kernel) => law(workOf(kernel)) * (kernels.indexOf(kernel) % 2 === 0 ? 3 : 1 / 3),
  ).map((family, i) => ({
    ...family,
    time_s: (kernel: Kernel) => law(workOf(kernel)) * (i % 2 === 0 ? 3 : 1 / 3),
  }));

  const [calm, rough] = [lawful, noisy].map((families) =>
    workModel(families).guess({
      kind: "convolution",
      dtype: "float32",
      macs: 1e6,
      movedBytes: 1e5,
      weightBytes: 1e4,
    }),
  );

  expect(calm?.factor).toBe(1.2);
  expect(rough?.factor).toBeGreaterThan(1.8);
});

/** Images of more than 100 positions take half as long again, smaller ones two thirds: no line says that. */
const bent = (kernel: Kernel): number =>
  law(workOf(kernel)) * (outputPositions(kernel) > 100 ? 1.5 : 2 / 3);

const off = (guessed_s: number | undefined, kernel: Kernel): number =>
  Math.abs(Math.log((guessed_s ?? 0) / bent(kernel)));

test("a kernel at another image size is guessed nearer where families around it depart from the line as it does", () => {
  const model = workModel(familiesOf(bent));
  const asked = kernels.map((kernel) => ({ ...kernel, inHeight: kernel.inHeight - 1 }));

  const [withShape, alone] = [
    median(asked.map((kernel) => off(model.guess(workOf(kernel), kernel)?.latency_s, kernel))),
    median(asked.map((kernel) => off(model.guess(workOf(kernel))?.latency_s, kernel))),
  ];

  expect(withShape).toBeLessThan(0.5 * alone);
});

test("a kernel wider than was measured takes of its line what the widest measured does", () => {
  const model = workModel(familiesOf(bent));
  const [widest] = kernels.filter(({ op, inHeight }) => op === "conv2d" && inHeight === 4);
  if (!widest) throw new Error("no convolution at 4x4");
  const wider = { ...widest, outChannels: 1.5 * widest.outChannels };

  expect(off(model.guess(workOf(wider), wider)?.latency_s, wider)).toBeLessThan(0.1);
});

test("a kind that nobody measured is guessed like another, and less surely", () => {
  const convolutions = lawful.filter(({ example }) => example.op === "conv2d");

  const guess = workModel(convolutions).guess({
    kind: "move",
    dtype: "float32",
    macs: 0,
    movedBytes: 1e6,
    weightBytes: 0,
  });

  expect(guess?.factor).toBeGreaterThanOrEqual(4);
  expect(
    workModel([]).guess({ kind: "move", dtype: "float32", macs: 0, movedBytes: 1, weightBytes: 0 }),
  ).toBe(undefined);
});
