import { execFileSync } from "node:child_process";
import { chmodSync, constants, openSync, rmSync, writeFile, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { benchmarkOutput, type FakeBenchmarkOptions } from "./benchmark-output.ts";

/** A program that stands in for TensorFlow Lite's benchmark_model. */
export interface FakeBenchmarkModel {
  readonly path: string;
  close(): void;
}

/** Asks the process that serves it over named pipes: a shell starts in a tenth of the time that Node.js takes. */
const shim = `#!/bin/sh
# benchmark_model
answer=$0.$$
mkfifo "$answer"
printf '%s\\n' "$answer $*" > "$0.requests"
{ read -r code; cat; } < "$answer"
exit "$code"
`;

export function fakeBenchmarkModel(
  path: string,
  options: FakeBenchmarkOptions,
): FakeBenchmarkModel {
  writeFileSync(path, shim);
  chmodSync(path, 0o755);
  execFileSync("mkfifo", [`${path}.requests`]);
  // Open for both, so that it does not end with the first writer.
  const fd = openSync(`${path}.requests`, constants.O_RDWR | constants.O_NONBLOCK);
  const requests = new Socket({ fd, readable: true, writable: false });
  let starts = 0;
  createInterface({ input: requests }).on("line", (line) => {
    const [answer = "", ...argv] = line.split(" ");
    const { code, stdout, stderr } = benchmarkOutput(argv, options, starts++);
    const text = `${code}\n${stdout}${stderr}`;
    writeFile(answer, text, () => rmSync(answer, { force: true }));
  });
  return { path, close: () => void requests.destroy() };
}
