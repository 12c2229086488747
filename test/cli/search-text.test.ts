import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test, vi } from "vitest";
import { loadEveryCosts, openTable } from "../../energy-db/index.ts";
import { stepVerification, textSearchDocument } from "../../src/app/cli/json/runs.ts";
import { predictStep } from "../../src/app/workflows/cell-cost.ts";
import { exitCodes } from "../../src/errors.ts";
import { parseEdge } from "../../src/network/cells/wiring.ts";
import { seededRandom } from "../../src/random.ts";
import { LanguageTrainer } from "../../src/training/language/language-trainer.ts";
import { cli } from "../support/cli.ts";
import { writeFormulaTable } from "../support/formula-table.ts";
import { chainLines } from "../support/small-text.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-text-"));
const file = join(folder, "text.txt");
writeFileSync(file, chainLines(seededRandom(1)).join("\n"));
writeFileSync(join(folder, "empty.txt"), "\n");
mkdirSync(join(folder, "damaged"));
writeFileSync(join(folder, "damaged", "cell-search.json"), "{");

const search = (out: string, ...more: readonly string[]) => [
  ...["search", "--method", "autoshrink", "--cell", "rnn", "--data", `text:${file}`],
  ...["--recipe", "trial", "--backend", "onnx-cpu", "--train-threads", "1"],
  ...["--out", join(folder, out), ...more],
];
const historyOf = (out: string) => readFileSync(join(folder, out, "history.json"), "utf8");

test("a recurrent cell found on a text is written whole: its steps, and a model that runs", async () => {
  const { code, stdout } = await cli(search("whole", "--json"));

  expect(code).toBe(exitCodes.done);
  const { schema: _, ...answer } = JSON.parse(stdout);
  const document = textSearchDocument.parse(answer);
  expect(JSON.parse(historyOf("whole"))).toEqual(document);
  // Of six edges two are left in the end, or fewer where a removal cut off another.
  const left = document.steps.map(({ tried, kept }) => tried[kept]?.edges.length ?? 0);
  expect([6, ...left]).toEqual([6, ...left].sort((a, b) => b - a));
  expect(left.findIndex((edges) => edges <= 2)).toBe(left.length - 1);
  const trained = document.steps.flatMap(({ tried }) => tried);
  expect(document.found.score).toBe(Math.max(...trained.map(({ score }) => score ?? -1e9)));
  // Of 22 words; words that follow are known up to one of two.
  expect(document.testPerplexity).toBeLessThan(22);

  const session = await InferenceSession.create(join(folder, "whole", "network.onnx"));
  const { hiddenSize, words } = document.found;
  const state = new Tensor("float32", new Float32Array(hiddenSize), [1, hiddenSize]);
  const out = await session.run({ x: new Tensor("int32", Int32Array.of(3), [1]), state });
  expect(out.logits?.dims).toEqual([1, words]);
  expect(out["state:next"]?.dims).toEqual([1, hiddenSize]);
  expect(existsSync(join(folder, "whole", "analysis.json"))).toBe(false);
});

test("the cell found is trained again by its history, with its wiring and size", async () => {
  const { found } = textSearchDocument.parse(JSON.parse(historyOf("whole")));

  const { stdout } = await cli([
    ...["train", "--net", join(folder, "whole", "history.json"), "--data", `text:${file}`],
    ...["--recipe", "trial", "--epochs", "1", "--backend", "onnx-cpu", "--train-threads", "1"],
    ...["--out", join(folder, "again"), "--json"],
  ]);

  const { cell, settings } = JSON.parse(stdout);
  expect(cell).toEqual({
    nodes: found.nodes,
    edges: found.edges,
    activations: found.activations,
  });
  expect(settings.hiddenSize).toBe(found.hiddenSize);
});

test("the report shows the steps and the curve, and what a word takes once the step was measured", async () => {
  const page = () => readFileSync(join(folder, "whole", "report.html"), "utf8");
  expect(page()).toContain("Edges removed");
  expect(page()).toContain("Perplexity of the cell found");
  expect(page()).not.toContain("Latency of a word");

  const { code, stdout, stderr } = await cli([
    ...["verify", join(folder, "whole"), "--device", "local", "--patience", "0.1s"],
    ...["--allow-conditions", "--json"],
  ]);

  expect(code, stderr).toBe(exitCodes.done);
  const { schema: _, ...answer } = JSON.parse(stdout);
  const { measured, attempt } = stepVerification.parse(answer);
  expect(attempt).toBe(1);
  expect(measured.low_s).toBeGreaterThan(0);
  expect(measured.latency_s).toBeLessThanOrEqual(measured.high_s);
  expect(page()).toContain("Latency of a word");
  await cli(["report", join(folder, "whole"), "-o", join(folder, "page.html")]);
  expect(readFileSync(join(folder, "page.html"), "utf8")).toBe(page());
});

test("workers find the same, and a training from scratch that was killed goes on from its last epoch", async () => {
  const judge = LanguageTrainer.prototype.perplexity;
  let judged = 0;
  // Cells are judged in the workers; here twice for the speed, then after every epoch of the training from scratch.
  const counted = vi.spyOn(LanguageTrainer.prototype, "perplexity").mockImplementation(function (
    this: LanguageTrainer,
    ...args
  ) {
    judged++;
    if (judged === 4) throw new Error("killed");
    return judge.apply(this, args);
  });
  await cli(search("workers", "--workers", "2")).catch(() => undefined);
  expect(judged).toBe(4);

  const { code, stderr } = await cli(search("workers", "--workers", "2", "--resume"));
  counted.mockRestore();

  expect(code, stderr).toBe(exitCodes.done);
  // The second epoch and the test part.
  expect(judged).toBe(4 + 2);
  expect(historyOf("workers")).toBe(historyOf("whole"));
});

test("a search killed after two cells and resumed trains neither again, and finds the same", async () => {
  const run = LanguageTrainer.prototype.run;
  let trainings = -2; // The speed takes two.
  const counted = vi.spyOn(LanguageTrainer.prototype, "run").mockImplementation(function (
    this: LanguageTrainer,
    ...args
  ) {
    if (trainings === 2) throw new Error("killed");
    trainings++;
    return run.apply(this, args);
  });
  await cli(search("killed")).catch(() => undefined);
  expect(trainings).toBe(2);
  trainings = 3;

  const { code, stderr } = await cli(search("killed", "--resume"));

  expect(code).toBe(exitCodes.done);
  const { steps } = textSearchDocument.parse(JSON.parse(historyOf("whole")));
  const cells = new Set(steps.flatMap(({ tried }) => tried.map(({ edges }) => edges.join())));
  expect(stderr).toContain(`cell ${steps.flatMap(({ tried }) => tried).length}: `);
  // The other cells, and the best from scratch.
  expect(trainings - 3).toBe(cells.size - 2 + 1);
  expect(historyOf("killed")).toBe(historyOf("whole"));
  counted.mockRestore();
});

test.each([
  ["finalists", search("a", "--confirm"), "verify measures what a word takes"],
  ["a margin", search("a", "--margin", "0.1"), "--margin does not go with --cell rnn"],
  ["a price", search("a", "--cost", "table"), "--cost does not go with --cell rnn"],
  ["a preset", search("a", "--net", "shrink-cnn"), "--net does not go with --cell rnn"],
  ["too short a time", search("a", "--time-limit", "0.01s"), "Recipe trial needs more than"],
  ["another method", search("a", "--method", "splitting"), "splitting has no recurrent cells"],
  ["images", search("a", "--data", "mnist"), 'on a text, which "mnist" is not'],
  ["an empty text", search("a", "--data", `text:${join(folder, "empty.txt")}`), "has no words"],
  ["no text", search("a", "--data", "text:/nowhere.txt"), "/nowhere.txt"],
  ["a finished search", search("whole"), "holds a finished search"],
  ["a damaged search", search("damaged", "--resume"), "cell-search.json is damaged"],
  ["nothing to resume", search("a", "--resume"), "holds no unfinished search"],
])("%s is refused in one sentence", async (_, args, message) => {
  const { code, stderr } = await cli(args);

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(message);
});

test("the best cell within a latency or an energy of the table's is delivered, with what a word was said to take", async () => {
  const db = writeFormulaTable(folder, { assumePower_w: 2 });
  const table = openTable(db, { mode: "read" });
  const tables = loadEveryCosts(table, 1);
  const { steps, found } = textSearchDocument.parse(JSON.parse(historyOf("whole")));
  const { nodes, activations, hiddenSize, words } = found;
  const cells = steps.flatMap(({ tried }) =>
    tried.map(({ edges, score }) => {
      const cell = { wiring: { nodes, edges: edges.map(parseEdge) }, activations };
      const { latency_s } = predictStep({ cell, hiddenSize, words }, tables);
      return { edges, score: score ?? Number.NEGATIVE_INFINITY, latency_s };
    }),
  );
  table.close();
  const latencies_s = [...new Set(cells.map(({ latency_s }) => latency_s))].sort((a, b) => a - b);
  // More edges take longer.
  expect(latencies_s.length).toBeGreaterThan(2);
  const limit_s = (latencies_s[1] ?? 0) * 1.000001;
  const within = cells.filter(({ latency_s }) => latency_s <= limit_s);
  const best = Math.max(...within.map(({ score }) => score));

  for (const [out, flag, limit] of [
    ["latency", "--latency-ms", 1e3 * limit_s],
    ["energy", "--energy-mj", 2e3 * limit_s],
  ] as const) {
    const { code, stdout, stderr } = await cli(search(out, flag, `${limit}`, "--db", db, "--json"));

    expect(code, stderr).toBe(exitCodes.done);
    const { found: delivered } = JSON.parse(stdout);
    expect(delivered.score, out).toBe(best);
    expect(delivered.predicted.latency_s).toBeLessThanOrEqual(limit_s);
    expect(delivered.predicted.energy_j).toBeCloseTo(2 * delivered.predicted.latency_s, 12);
    expect(delivered.predicted.guessedShare).toBeGreaterThan(0);
  }
  const page = (out: string) => readFileSync(join(folder, out, "report.html"), "utf8");
  for (const part of ["Latency of a word, predicted", "within the budget of"])
    expect(page("latency")).toContain(part);
  expect(page("energy")).toContain("Energy of a word, predicted");
});

test("a word that takes longer than it may is told when it was measured, and refused where that is asked for", async () => {
  const path = join(folder, "latency", "history.json");
  writeFileSync(
    path,
    JSON.stringify({ ...JSON.parse(historyOf("latency")), latencyLimit_s: 1e-9 }),
  );
  const verify = ["verify", join(folder, "latency"), "--patience", "0.1s", "--allow-conditions"];

  const told = await cli(verify);
  expect(told.code).toBe(exitCodes.done);
  expect(told.stdout).toMatch(/One word takes .* predicted\./);
  expect(told.stderr).toContain("exceeds the budget of");
  expect((await cli([...verify, "--strict"])).code).toBe(exitCodes.budget);
});

test("an energy that no table tells is asked for in vain, which is said before any training", async () => {
  const db = writeFormulaTable(mkdtempSync(join(tmpdir(), "wattsplit-search-text-power-")));
  const { code, stderr } = await cli(search("power", "--energy-mj", "1", "--db", db));

  expect(code).toBe(exitCodes.unavailable);
  expect(stderr).toContain("has no energy of local");
});

test("a limit that no cell meets is a budget that cannot be met", async () => {
  const { code, stderr } = await cli(search("small", "--parameters", "10"));

  expect(code).toBe(exitCodes.budget);
  expect(stderr).toContain("No cell of at most 10 parameters");
});
