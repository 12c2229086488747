import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textFolderReport } from "../../../src/app/workflows/report-text.ts";
import { runTextSearch } from "../../../src/app/workflows/search-text.ts";
import {
  findTextRecipe,
  textPlan_s,
  textRecipeWithin,
} from "../../../src/app/workflows/text-recipes.ts";
import type { TextSearchDocument } from "../../../src/app/workflows/text-search-folder.ts";
import { textOf } from "../../../src/datasets/text.ts";
import { renderReport } from "../../../src/figures/index.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { batchesOf } from "../../../src/training/language/language-trainer.ts";
import { chainLines } from "../../support/small-text.ts";

/** What every-method.test.ts asks of methods for networks, of the search for recurrent cells; kills and workers: test/cli/search-text.test.ts. */
describe("method autoshrink for recurrent cells", () => {
  const lines = chainLines(seededRandom(1));
  const text = textOf("chain", {
    train: lines.slice(0, 360),
    validation: lines.slice(360, 380),
    test: lines.slice(380),
  });
  const limits = { macs: 900, parameters: 950 };
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-recurrent-"));
  let engine: Engine;
  let document: TextSearchDocument;
  beforeAll(async () => {
    engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
    const silent = { note: () => {}, warn: () => {}, progress: () => {} };
    const { signal } = new AbortController();
    const context = { terminal: silent, env: {}, signal, version: "0", args: ["search"] };
    const asked = { context, engine, text, recipeName: "trial", seed: 1, folder };
    document = await runTextSearch({ ...asked, ...limits });
  });
  afterAll(() => engine.close());

  test("delivers a cell within every budget, which not all that it tried keep", () => {
    const { nodes, hiddenSize, words, edges, macs, parameters } = document.found;
    const sizeOf = (count: number) => words * hiddenSize + (4 + 2 * count) * hiddenSize ** 2;

    expect(nodes).toBe(4);
    expect(macs).toBe(sizeOf(edges.length));
    expect(macs).toBeLessThanOrEqual(limits.macs);
    expect(parameters).toBeLessThanOrEqual(limits.parameters);
    const tried = document.steps.flatMap((step) => step.tried.map((cell) => cell.edges.length));
    expect(Math.max(...tried.map(sizeOf))).toBeGreaterThan(limits.macs);
  });

  test("exports an ONNX step that comes to the perplexity that the history says", async () => {
    const session = await ort.InferenceSession.create(readFileSync(join(folder, "network.onnx")));
    const { hiddenSize, words } = document.found;
    const { batch } = findTextRecipe("trial").final;
    const losses: number[] = [];
    for (let row = 0; row < batch.rows; row++) {
      let state = new ort.Tensor("float32", new Float32Array(hiddenSize), [1, hiddenSize]);
      for (const { x, y } of batchesOf(text.test, batch))
        for (let step = 0; step < batch.steps; step++) {
          const at = step * batch.rows + row;
          const word = new ort.Tensor("int32", Int32Array.of(Number(x.data[at])), [1]);
          const out = await session.run({ x: word, state });
          state = out["state:next"] as typeof state;
          const logits = [...((out.logits?.data ?? []) as Float32Array)];
          const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
          losses.push(Math.log(sum) - (logits[Number(y.data[at])] ?? Number.NaN));
        }
    }
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;

    expect(words).toBe(text.words.length);
    expect(Math.exp(mean)).toBeCloseTo(document.testPerplexity, 3);
  });

  test("is cut so that its plan keeps half of the time that it would take", () => {
    const recipe = findTextRecipe("quick");
    const work = { recipe, speed: { step_s: 0.01, compile_s: 0.1 }, words: 50_000, workers: 1 };
    const whole_s = textPlan_s(work);

    const cut = textRecipeWithin(whole_s / 2, work);

    expect(cut && textPlan_s({ ...work, recipe: cut })).toBeLessThanOrEqual(whole_s / 2);
  });

  test("is reported with its budgets, steps and curve", () => {
    const data = textFolderReport(folder);
    if (!data) throw new Error("The folder holds no search");

    const page = renderReport(data);

    expect(page).toContain("Method autoshrink for recurrent cells on chain");
    expect(page).toContain("within the budget of 900");
    expect(page).toContain("Edges removed");
  });
});
