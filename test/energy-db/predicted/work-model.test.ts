import { expect, test } from "vitest";
import { workModel } from "../../../energy-db/predicted/work-model.ts";
import { outputPositions } from "../../../src/network/costs.ts";
import { type Kernel, kernelsOf } from "../../../src/network/kernel.ts";
import { presets } from "../../../src/network/presets.ts";
import { type Work, workOf } from "../../../src/network/work.ts";
import { median } from "../../../src/statistics.ts";

/** 1 us, a quarter of a nanosecond per multiply-accumulate, a tenth per byte moved. */
const law = ({ macs, movedBytes, weightBytes }: Work): number =>
  1e-6 + 0.25e-9 * macs + 0.1e-9 * movedBytes + 0.02e-9 * weightBytes;

const timed = [0.25, 0.5, 1].flatMap((multiplier) =>
  kernelsOf(presets["mobilenet-v1-cifar"].build({ multiplier })).map(({ kernel }) => ({
    kernel,
    latency_s: law(workOf(kernel)),
  })),
);

test("times that follow a law of work are guessed by it, for kernels that nobody measured", () => {
  const model = workModel(timed);

  for (const { kernel } of kernelsOf(presets["mobilenet-v2"].build({}))) {
    const work = workOf(kernel);
    if (work.kind !== "convolution") continue;
    expect((model.guess(work)?.latency_s ?? 0) / law(work)).toBeCloseTo(1, 2);
  }
});

test("the interval is no narrower than what families left out show", () => {
  const noisy = timed.map(({ kernel, latency_s }, i) => ({
    kernel,
    latency_s: latency_s * (i % 2 === 0 ? 2 : 0.5),
  }));

  const [calm, rough] = [workModel(timed), workModel(noisy)].map((model) =>
    model.guess({
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

test("a shape is guessed nearer where kernels of like shapes depart from the line as it does", () => {
  // Images of more than 100 positions take half as long again, smaller ones two thirds: no line says that.
  const bent = (kernel: Kernel) =>
    law(workOf(kernel)) * (outputPositions(kernel) > 100 ? 1.5 : 2 / 3);
  const model = workModel(timed.map(({ kernel }) => ({ kernel, latency_s: bent(kernel) })));
  const asked = timed.map(({ kernel }) => ({ ...kernel, inHeight: kernel.inHeight - 1 }));

  const off = (guessed: ReturnType<typeof model.guess>, kernel: Kernel) =>
    Math.abs(Math.log((guessed?.latency_s ?? 0) / bent(kernel)));
  const [withShape, alone] = [
    median(asked.map((kernel) => off(model.guess(workOf(kernel), kernel), kernel))),
    median(asked.map((kernel) => off(model.guess(workOf(kernel)), kernel))),
  ];

  expect(withShape).toBeLessThan(0.5 * alone);
});

test("a kind that nobody measured is guessed like another, and less surely", () => {
  const convolutions = timed.filter(({ kernel }) => kernel.op === "conv2d");

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
