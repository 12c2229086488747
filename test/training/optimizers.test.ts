import { expect, test } from "vitest";
import { createEngine } from "../../src/tensor/index.ts";
import { adam, type Optimizer, sgd } from "../../src/training/optimizers.ts";

/** One parameter starting at 1 under the gradients 0.5, -1 and 0.25, at rate 0.1: its values after every step. */
async function path(optimizer: Optimizer): Promise<readonly number[]> {
  const engine = await createEngine({ backend: "tfjs-cpu" });
  const one = { shape: [1], dtype: "float32" } as const;
  const names = ["parameter", "gradient", ...optimizer.slots];
  const program = await engine.compile(
    optimizer.name,
    ({ rate, parameter, gradient, ...slots }) => {
      if (!rate || !parameter || !gradient) throw new Error("An input is missing");
      const kept = optimizer.slots.map((slot) => slots[slot] ?? gradient);
      const next = optimizer.update({ parameter, gradient, slots: kept, rate });
      const named = optimizer.slots.map((slot, i) => [slot, next.slots[i] ?? parameter] as const);
      return { parameter: next.parameter, ...Object.fromEntries(named) };
    },
    { rate: { shape: [], dtype: "float32" }, ...Object.fromEntries(names.map((n) => [n, one])) },
  );
  const scalar = (value: number, shape: readonly number[]) =>
    ({ shape, dtype: "float32", data: Float32Array.of(value) }) as const;
  let state = Object.fromEntries(names.map((n) => [n, scalar(n === "parameter" ? 1 : 0, [1])]));
  const values: number[] = [];
  for (const [i, gradient] of [0.5, -1, 0.25].entries()) {
    const rate = scalar(optimizer.stepRate(0.1, i + 1), []);
    const out = await program.run({ ...state, gradient: scalar(gradient, [1]), rate });
    state = { ...state, ...(out as typeof state) };
    values.push(Number(out.parameter?.data[0]));
  }
  return values;
}

// Worked out by hand from the update rules the functions name.
test.each([
  // w - 0.1 g
  { name: "plain SGD", optimizer: sgd({ momentum: 0 }), expected: [0.95, 1.05, 1.025] },
  // v: 0.5, 0.9 * 0.5 - 1 = -0.55, 0.9 * -0.55 + 0.25 = -0.245
  { name: "momentum", optimizer: sgd(), expected: [0.95, 1.005, 1.0295] },
  // 0.9 v + g: 0.95, -1.495, 0.0295
  { name: "Nesterov", optimizer: sgd({ nesterov: true }), expected: [0.905, 1.0545, 1.05155] },
  // m: 0.05, -0.055, -0.0245; v: 0.00025, 0.00124975, 0.00131100025; corrected m: 0.5, -0.289474,
  // -0.0904059; corrected sqrt(v): 0.5, 0.790688, 0.661390. Steps of 0.1 m / sqrt(v).
  { name: "Adam", optimizer: adam(), expected: [0.9, 0.9366098, 0.950279] },
])("$name moves a parameter as its rule says", async ({ optimizer, expected }) => {
  const actual = await path(optimizer);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
});
