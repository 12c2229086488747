import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/errors.ts";
import { cli } from "../support/cli.ts";
import { smallGraphFile } from "../support/small-graph.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-train-graph-"));
writeFileSync(join(folder, "cora.json"), JSON.stringify(smallGraphFile()));

const flags = (out: string, ...more: readonly string[]) => [
  ...["train", "--net", "gcn", "--data", `cora:${folder}`, "--epochs", "40"],
  ...["--backend", "onnx-cpu", "--train-threads", "1", "--out", out, ...more],
];

const images = (...more: readonly string[]) => [
  ...["train", "--net", "mnist-cnn", "--data", "synthetic", "--out", join(folder, "d"), ...more],
];

test.each(["sgd-kfac", "adam", "adam-kfac"])(
  "a graph network trained by %s leaves whole files",
  async (optimizer) => {
    const out = join(folder, optimizer);
    const { code, stdout } = await cli(flags(out, "--optimizer", optimizer, "--json"));

    const { schema: _, ...answer } = JSON.parse(stdout);
    expect(code).toBe(exitCodes.done);
    expect(answer.epochs).toHaveLength(40);
    expect(answer.settings.kfac === null).toBe(optimizer === "adam");
    expect(JSON.parse(readFileSync(join(out, "training.json"), "utf8"))).toEqual(answer);
    expect(existsSync(join(out, "network.onnx"))).toBe(true);
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("Held-out accuracy per epoch");
  },
);

test.each([
  [
    "a graph that is not there",
    flags(join(folder, "a"), "--data", `citeseer:${folder}`),
    "citeseer.json",
  ],
  ["damping without curvature", flags(join(folder, "b"), "--damping", "0.1"), "no curvature"],
  ["a batch", flags(join(folder, "c"), "--batch", "8"), "--batch does not go with --net gcn"],
  ["layers' K-FAC", flags(join(folder, "c"), "--optimizer", "kfac"), "Choose among sgd, adam"],
  ["a graph's K-FAC for images", images("--optimizer", "sgd-kfac"), "only for --net gcn"],
  ["pseudo-labels for images", images("--pseudo-labels", "1"), "only for --net gcn"],
  ["damping by SGD for images", images("--damping", "0.1"), "no curvature"],
])("%s is refused in one sentence", async (_, args, said) => {
  const { code, stderr } = await cli(args);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(said);
});
