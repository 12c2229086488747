import { expect, test } from "vitest";
import { law } from "../../experiments/rbf-law/rbf-law.ts";
import { targets } from "../../experiments/rbf-law/rbf-net.ts";

// Values computed independently in double precision for the same net, data and rates.
const found = law();
const ratio = (scene: "untrained" | "trained", type: string, step: number): number => {
  const change = found[scene].changes.find((one) => one.type === type && one.step === step);
  return (change?.realised ?? Number.NaN) / (change?.predicted ?? Number.NaN);
};

test("the teacher is the reference's", () => {
  expect(targets[0]).toBeCloseTo(0.0111090269972865, 14);
  expect(targets[100]).toBeCloseTo(-1.09399415029016, 13);
  expect(targets[200]).toBeCloseTo(0.270670566495208, 14);
});

test("the untrained neuron has the reference's loss, indices and changes", () => {
  expect(found.untrained.loss).toBeCloseTo(0.516066245438412, 13);
  expect(found.untrained.least).toBeCloseTo(-1.446817674622, 11);
  expect(found.untrained.greatest).toBeCloseTo(-0.263695184334, 11);
  expect(ratio("untrained", "positive binary", 0.1)).toBeCloseTo(0.965668843, 8);
  expect(ratio("untrained", "positive binary", 0.001)).toBeCloseTo(0.99999654, 6);
});

test("the trained neuron has the reference's loss, indices and changes under all split types", () => {
  expect(found.trained.loss).toBeCloseTo(0.134267749670926, 12);
  expect(found.trained.least).toBeCloseTo(-0.547714339067, 9);
  expect(found.trained.greatest).toBeCloseTo(0.032893349548, 9);
  const expected = {
    "positive binary": 0.996812,
    "negative binary": 0.989857,
    "negative triplet": 0.999985,
    "positive triplet": 0.993955,
    quartet: 0.994169,
  };
  for (const [type, value] of Object.entries(expected))
    expect(ratio("trained", type, 0.01), type).toBeCloseTo(value, 4);
});

test("errors of symmetric splits fall with the square of the step, of the others in proportion", () => {
  const fall = (type: string) =>
    Math.log10(
      Math.abs(1 - ratio("trained", type, 0.01)) / Math.abs(1 - ratio("trained", type, 0.001)),
    );

  for (const type of ["positive binary", "positive triplet", "quartet"])
    expect(fall(type), type).toBeCloseTo(2, 1);
  expect(fall("negative binary")).toBeCloseTo(1, 1);
});

test("every growth step lowers the loss, along the reference's path", () => {
  const losses = found.growth.map(({ loss }) => loss);

  expect(losses[1]).toBeCloseTo(0.123639219674, 6);
  expect(losses[2]).toBeCloseTo(0.12122871104, 5);
  for (const [i, loss] of losses.slice(1).entries()) expect(loss).toBeLessThan(losses[i] ?? 0);
});
