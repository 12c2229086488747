import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/errors.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { cli } from "../support/cli.ts";
import { smallNetwork } from "../support/formula-table.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-train-"));
const net = join(folder, "small.json");
writeFileSync(net, formatNetwork(smallNetwork(4, 8)));

const flags = (out: string, ...more: readonly string[]) => [
  ...["train", "--net", net, "--data", "synthetic", "--epochs", "4", "--batch", "32"],
  ...["--backend", "onnx-cpu", "--train-threads", "1", "--out", out, ...more],
];

/** Trains as a process of its own, ended with SIGKILL as soon as a state is there. */
function killedTraining(out: string): Promise<number | null> {
  const [node, main] = wattsplitCommand;
  const child = spawn(node, [main, ...flags(out)]);
  const watch = setInterval(() => {
    if (existsSync(join(out, "training.state"))) child.kill("SIGKILL");
  }, 5);
  return new Promise((resolve) =>
    child.on("close", (code) => {
      clearInterval(watch);
      resolve(code);
    }),
  );
}

test.each(["sgd", "adam", "kfac"])(
  "%s learns the synthetic classes and leaves whole files",
  async (optimizer) => {
    const out = join(folder, optimizer);

    const rate = optimizer === "adam" ? ["--learning-rate", "0.01"] : [];
    const { code, stdout } = await cli(flags(out, "--optimizer", optimizer, ...rate, "--json"));

    const answer = JSON.parse(stdout);
    expect(code).toBe(exitCodes.done);
    expect(answer.test.accuracy).toBeGreaterThan(0.9);
    expect(answer.epochs).toHaveLength(4);
    const session = await ort.InferenceSession.create(readFileSync(join(out, "network.onnx")));
    expect(session.inputNames).toEqual(["input"]);
    // TensorFlow Lite's file identifier stands behind the root's offset.
    expect(readFileSync(join(out, "network.tflite")).toString("latin1", 4, 8)).toBe("TFL3");
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("Held-out accuracy per epoch");
    expect(existsSync(join(out, "training.state"))).toBe(false);
  },
);

test("a stepped schedule and smoothed labels are kept with the training and change it", async () => {
  const [plain, changed] = [join(folder, "plain-rate"), join(folder, "stepped")];
  const asked = ["--schedule", "steps", "--label-smoothing", "0.1"];

  const first = JSON.parse((await cli(flags(plain, "--json"))).stdout);
  const second = JSON.parse((await cli(flags(changed, ...asked, "--json"))).stdout);

  expect(second.settings).toMatchObject({ schedule: "steps", labelSmoothing: 0.1 });
  expect(second.test.accuracy).toBeGreaterThan(0.9);
  expect(second.epochs).not.toEqual(first.epochs);
  expect(readFileSync(join(changed, "report.html"), "utf8")).toContain("labels smoothed by 0.1");
});

test("a training killed with -9 and resumed gives the bytes of one that was not", async () => {
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  expect((await cli(flags(whole))).code).toBe(exitCodes.done);

  expect(await killedTraining(killed)).toBe(null);
  expect((await cli(flags(killed))).stderr).toContain("--resume");
  expect((await cli(flags(killed, "--resume", "--seed", "1"))).stderr).toContain("other settings");
  expect((await cli(flags(killed, "--resume"))).code).toBe(exitCodes.done);

  for (const file of ["network.onnx", "training.json"])
    expect(readFileSync(join(killed, file))).toEqual(readFileSync(join(whole, file)));
});

test("a finished folder, no folder to resume and a net of other classes are refused", async () => {
  const resumed = await cli(flags(join(folder, "nothing"), "--resume"));
  expect(resumed.code).toBe(exitCodes.usage);
  expect(resumed.stderr).toContain("no unfinished training");

  const done = join(folder, "done");
  writeFileSync(join(folder, "training.json"), "{}");
  expect((await cli(flags(folder))).stderr).toContain("finished training");

  const other = join(folder, "other.json");
  const small = smallNetwork(4, 8);
  const layers = small.layers.with(-1, { ...small.layers.at(-1), width: 3 } as never);
  writeFileSync(other, formatNetwork({ ...small, layers }));
  const refused = await cli(flags(done, "--net", other));
  expect(refused.stderr).toContain("3 outputs");
  expect(existsSync(done)).toBe(false);
});
