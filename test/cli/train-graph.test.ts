import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/errors.ts";
import { cli } from "../support/cli.ts";
import { smallGraphFile } from "../support/small-graph.ts";
import { stoppedTraining } from "../support/stopped-training.ts";

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

test("one that was stopped goes on where it was, and gives the bytes of one that was not", async () => {
  const [whole, stopped] = [join(folder, "whole"), join(folder, "stopped")];
  const asked = ["--optimizer", "sgd-kfac", "--curvature-every", "7", "--pseudo-labels", "1"];
  const long = (out: string, ...more: readonly string[]) =>
    flags(out, ...asked, "--epochs", "200", ...more);
  expect((await cli(long(whole))).code).toBe(exitCodes.done);

  expect((await stoppedTraining(long(stopped), stopped)).code).toBe(exitCodes.interrupted);
  expect(existsSync(join(stopped, "training.json"))).toBe(false);
  expect((await cli(long(stopped))).stderr).toContain("--resume");
  const other = await cli(long(stopped, "--resume", "--hidden", "8"));
  expect(other.stderr).toContain("other settings");
  expect((await cli(long(stopped, "--resume"))).code).toBe(exitCodes.done);

  for (const file of ["network.onnx", "training.json"])
    expect(readFileSync(join(stopped, file))).toEqual(readFileSync(join(whole, file)));
  expect(existsSync(join(stopped, "training.state"))).toBe(false);
});

test("scaling and the head's Fisher change the way, and are told", async () => {
  const answerOf = async (out: string, ...more: readonly string[]) => {
    const natural = ["--optimizer", "sgd-kfac", "--epochs", "10", ...more, "--json"];
    return JSON.parse((await cli(flags(join(folder, out), ...natural))).stdout);
  };

  const released = await answerOf("code", "--scaling", "code", "--head", "empirical");
  const statistical = await answerOf("statistical", "--scaling", "statistical");
  const exact = await answerOf("exact", "--head", "exact");

  expect(released.settings.kfac).toMatchObject({ scaling: "code", head: "empirical" });
  expect(released.epochs).toEqual((await answerOf("default")).epochs);
  expect(statistical.settings.kfac.scaling).toBe("statistical");
  expect(statistical.epochs).not.toEqual(released.epochs);
  expect(exact.epochs).not.toEqual(released.epochs);
  const page = readFileSync(join(folder, "exact", "report.html"), "utf8");
  expect(page).toContain("exact Fisher of the head");
});

writeFileSync(join(folder, "citeseer.json"), "{");
writeFileSync(
  join(folder, "pubmed.json"),
  JSON.stringify({ ...smallGraphFile(), edges: [0, 1, 90, 2] }),
);

test.each([
  [
    "a file that is no graph",
    flags(join(folder, "a"), "--data", `citeseer:${folder}`),
    "citeseer.json is no graph: not JSON",
  ],
  [
    "a graph that contradicts itself",
    flags(join(folder, "a"), "--data", `pubmed:${folder}`),
    "pubmed.json is no graph: an edge to a node of 90 or more",
  ],
  [
    "nothing to resume",
    flags(join(folder, "a"), "--resume"),
    "holds no unfinished training to resume",
  ],
  [
    "a complete split of a small graph",
    flags(join(folder, "b"), "--split", "complete"),
    "small has 90 labelled nodes, too few for the complete split",
  ],
  [
    "a scaling without curvature",
    flags(join(folder, "b"), "--scaling", "code"),
    "--scaling: --optimizer",
  ],
  [
    "a graph that is not there",
    flags(join(folder, "a"), "--data", `cora:${join(folder, "nowhere")}`),
    "cora.json",
  ],
  ["damping without curvature", flags(join(folder, "b"), "--damping", "0.1"), "no curvature"],
  ["a batch", flags(join(folder, "c"), "--batch", "8"), "--batch does not go with --net gcn"],
  ["layers' K-FAC", flags(join(folder, "c"), "--optimizer", "kfac"), "Choose among sgd, adam"],
  ["a graph's K-FAC for images", images("--optimizer", "sgd-kfac"), "only for --net gcn"],
  [
    "pseudo-labels for images",
    images("--pseudo-labels", "1"),
    "--pseudo-labels does not go with a network of layers",
  ],
  ["damping by SGD for images", images("--damping", "0.1"), "no curvature"],
])("%s is refused in one sentence", async (_, args, said) => {
  const { code, stderr } = await cli(args);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain(said);
});
