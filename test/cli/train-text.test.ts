import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { textTrainingDocument } from "../../src/app/cli/json/runs.ts";
import { exitCodes } from "../../src/errors.ts";
import { seededRandom } from "../../src/random.ts";
import { cli } from "../support/cli.ts";
import { chainLines } from "../support/small-text.ts";
import { stoppedTraining } from "../support/stopped-training.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-train-text-"));
const file = join(folder, "text.txt");
writeFileSync(file, chainLines(seededRandom(1)).join("\n"));
writeFileSync(join(folder, "empty.txt"), "\n");
writeFileSync(join(folder, "short.txt"), "a b\n".repeat(20));

const train = (out: string, ...more: readonly string[]) => [
  ...["train", "--net", "rnn", "--data", `text:${file}`, "--recipe", "trial", "--epochs", "6"],
  ...["--backend", "onnx-cpu", "--train-threads", "1", "--out", join(folder, out), ...more],
];

test("a recurrent cell learns a text and leaves whole files", async () => {
  const { code, stdout, stderr } = await cli(train("whole", "--json"));

  expect(code, stderr).toBe(exitCodes.done);
  const { schema: _, ...answer } = JSON.parse(stdout);
  const document = textTrainingDocument.parse(answer);
  expect(document.epochs).toHaveLength(6);
  // Of 22 words; words that follow are known up to one of two.
  expect(document.testPerplexity).toBeLessThan(6);
  const file = (name: string) => readFileSync(join(folder, "whole", name), "utf8");
  expect(JSON.parse(file("training.json"))).toEqual(document);
  expect(file("report.html")).toContain("Training and held-out perplexity per epoch");
  expect(file("report.html")).not.toContain("Cells tried");
  const session = await InferenceSession.create(join(folder, "whole", "network.onnx"));
  const { hiddenSize } = document.settings;
  const state = new Tensor("float32", new Float32Array(hiddenSize), [1, hiddenSize]);
  const out = await session.run({ x: new Tensor("int32", Int32Array.of(3), [1]), state });
  expect(out.logits?.dims).toEqual([1, document.words]);
});

test("one that was stopped goes on from its last epoch, and gives the bytes of one that was not", async () => {
  const stopped = join(folder, "stopped");

  expect((await stoppedTraining(train("stopped"), stopped)).code).toBe(exitCodes.interrupted);
  expect(existsSync(join(stopped, "training.json"))).toBe(false);
  const other = await cli(train("stopped", "--resume", "--seed", "1"));
  expect(other.stderr).toContain("other settings");
  expect((await cli(train("stopped", "--resume"))).code).toBe(exitCodes.done);

  for (const name of ["network.onnx", "training.json"])
    expect(readFileSync(join(stopped, name))).toEqual(readFileSync(join(folder, "whole", name)));
});

test("the published cell has its wiring, at the size asked for", async () => {
  const small = ["--net", "shrink-rnn", "--hidden", "4", "--epochs", "1", "--json"];
  const { stdout } = await cli(train("published", ...small));

  const { cell, parameters, words } = JSON.parse(stdout);
  // The release: 15 edges less 1->2, 2->3 and 4->5; biases are not counted.
  expect(cell.edges).toHaveLength(12);
  expect(cell.activations).toEqual(["identity", "sigmoid", "sigmoid", "tanh", "identity"]);
  expect(parameters).toBe(words * 4 + 4 * 16 + 2 * 12 * 16);
});

test.each([
  ["an empty text", ["--data", `text:${join(folder, "empty.txt")}`], "has no words"],
  [
    "a short text",
    ["--data", `text:${join(folder, "short.txt")}`],
    "expected 21 at least: 4 rows of 5 and one",
  ],
  ["images", ["--data", "mnist"], 'trained on a text, which "mnist" is not'],
  ["a preset of layers", ["--net", "mnist-cnn"], 'No recurrent cell "mnist-cnn"'],
  ["a file without a cell", ["--net", "/nowhere.json"], "/nowhere.json holds no recurrent cell"],
  ["an optimiser", ["--optimizer", "adam"], "--optimizer does not go with a text"],
  ["another recipe", ["--recipe", "slow"], 'No recipe "slow"'],
])("%s is refused in one sentence", async (_, more, said) => {
  const { code, stderr } = await cli(train("refused", ...more));

  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(said);
});
