import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { frontier } from "../../experiments/frontier/frontier.ts";
import {
  accuracyAt,
  againstCurve,
  curveOf,
  type Point,
} from "../../experiments/frontier/judgement.ts";
import { protocols, runKey, runsOf, trainingKey } from "../../experiments/frontier/protocol.ts";

const point = (
  method: string,
  latency_s: number,
  accuracies: readonly number[],
  search = 0,
): Point => ({
  method,
  search,
  share: 1,
  found: {} as Point["found"],
  latency_s,
  low_s: latency_s,
  high_s: latency_s,
  trained: accuracies.map((accuracy, seed) => ({ seed, accuracy, loss: 1 })),
});

describe("a network held against uniform widths", () => {
  // Accuracy rises by 0.1 from 60 to 90 us, each training 0.01 above or below that line.
  const points = [60e-6, 90e-6].map((latency_s, i) =>
    point("uniform", latency_s, [0.5 + 0.1 * i - 0.01, 0.5 + 0.1 * i + 0.01]),
  );
  const uniform = curveOf([...points.toReversed(), point("x", 1, [0.1])], "uniform");
  const middle_s = Math.sqrt(60e-6 * 90e-6);

  test("meets the line through their trainings at its own latency", () => {
    expect(accuracyAt(uniform, 60e-6)).toBeCloseTo(0.5, 12);
    expect(accuracyAt(uniform, middle_s)).toBeCloseTo(0.55, 12);
  });

  test("beyond the latencies trained there is no comparison", () => {
    expect(accuracyAt(uniform, 59e-6)).toBeUndefined();
    expect(againstCurve([point("s", 95e-6, [0.9])], uniform)).toBeUndefined();
  });

  test("a single search has a difference and no interval", () => {
    const judged = againstCurve([point("s", middle_s, [0.58, 0.6])], uniform);

    expect(judged).toEqual({ searches: 1, difference: { value: expect.closeTo(0.04, 12) } });
  });

  test("several searches have an interval over them and over the line, not over their trainings", () => {
    const differences = [0.02, 0.04, 0.03];
    const searches = differences.map((d, i) => point("s", middle_s, [0.45 + d, 0.65 + d], i));

    const judged = againstCurve(searches, uniform);

    // Searches: 0.01^2 / 3, 2 degrees of freedom. Line at its centre: residuals +-0.01, 4 trainings, so 0.0002 / 4 with 2 degrees.
    // Welch: 8.3333e-5^2 / ((3.3333e-5^2 + 5e-5^2) / 2) = 3.8462 degrees, t = 2.8208 (scipy.stats.t.ppf(0.975, 3.8462)).
    expect(judged?.difference.value).toBeCloseTo(0.03, 12);
    expect((judged?.difference.high ?? 0) - 0.03).toBeCloseTo(0.02575, 4);
    expect(0.03 - (judged?.difference.low ?? 0)).toBeCloseTo(0.02575, 4);
  });
});

describe("the frontier's tasks", () => {
  const protocol = protocols.quick;
  const runs = runsOf(protocol);
  const documents = new Map<string, unknown>();
  const finished = {
    result: <T>(key: string, schema: z.ZodType<T>) =>
      documents.has(key) ? schema.parse(documents.get(key)) : undefined,
  };
  const keys = () => frontier.tasks(finished, "quick").tasks.map(({ key }) => key);
  const widths = [16, 16, 16, 16, 48, 48, 96, 96, 96, 96, 96, 96, 176, 192];
  const find = (method: string) => ({
    method,
    seed: 0,
    budget_s: 70e-6,
    predicted_s: 69e-6,
    widths,
    epochs: 90,
    examples: 1e6,
    ended: "",
    verdicts: [],
  });

  test("are searches first; what is found is measured together once all is found, and trained at once", () => {
    expect(keys()).toHaveLength(1 + runs.length);
    const [first] = runs;
    if (!first) throw new Error("There are no runs");

    documents.set(runKey(first), find(first.method));
    expect(keys()).toContain(trainingKey(first, 0));
    expect(keys().some((key) => key.endsWith("measured-0"))).toBe(false);

    for (const run of runs) documents.set(runKey(run), find(run.method));
    expect(keys().some((key) => key.endsWith("measured-0"))).toBe(true);
  });

  test("make a page of what is there: networks trained and measured, against both uniform curves", () => {
    const measured = runs.map((run, i) => ({
      label: runKey(run),
      widths,
      macs: 1,
      parameters: 1,
      predicted_s: 69e-6,
      measured: { latency_s: (60 + i) * 1e-6, low_s: 59e-6, high_s: 75e-6 },
      loads: 3,
      flags: [],
    }));
    documents.set("mobilenet-v1-cifar-x0.15-measured-0", measured);
    const score = { loss: 1, accuracy: 0.7, count: 100 };
    for (const run of runs)
      documents.set(trainingKey(run, 0), {
        seed: 0,
        epochs: 12,
        examples: 100,
        trainedOn: "onnx-cpu",
        trainingLoss: 1,
        heldOut: score,
        test: score,
      });

    const { answer, sections } = frontier.page(finished, "quick");

    expect(answer.join()).toMatch(/mobilenet-v1-cifar-x0\.15: networks of the default search/);
    expect(sections[1]?.body.join()).toContain("splitting");
    expect(sections[1]?.figure?.svg).toContain("<svg");
  });
});
