import { execFileSync } from "node:child_process";
import {
  chmodSync,
  constants,
  openSync,
  readFileSync,
  rmSync,
  writeFile,
  writeFileSync,
} from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Transport } from "../../devices/transport.ts";
import { localTransport } from "../../devices/transports/local.ts";
import { benchmarkOutput, type FakeBenchmarkOptions } from "./benchmark-output.ts";

/** A program that stands in for TensorFlow Lite's benchmark_model. */
export interface FakeBenchmarkModel {
  readonly path: string;
  /** Ends the next start of it by SIGKILL. */
  killNext(): void;
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
  let isKilled = false;
  createInterface({ input: requests }).on("line", (line) => {
    const [answer = "", ...argv] = line.split(" ");
    if (isKilled) {
      isKilled = false;
      process.kill(Number(answer.split(".").at(-1)), "SIGKILL");
      rmSync(answer, { force: true });
      return;
    }
    const { code, stdout, stderr } = benchmarkOutput(argv, options, starts++);
    const text = `${code}\n${stdout}${stderr}`;
    writeFile(answer, text, () => rmSync(answer, { force: true }));
  });
  const killNext = (): void => {
    isKilled = true;
  };
  return { path, killNext, close: () => void requests.destroy() };
}

/** What needs no process where the device's files are this machine's. */
const inProcess: ReadonlySet<string | undefined> = new Set(["rm", "test", "mkdir"]);

/** This machine with such a program at a path, without starting any: a whole table in a few seconds. */
export function benchmarkTransport(path: string, options: FakeBenchmarkOptions): Transport {
  const local = localTransport();
  let starts = 0;
  return {
    ...local,
    exec: async (argv, more) => {
      const [command] = argv;
      if (command === "rm") rmSync(argv.at(-1) ?? "", { force: true });
      if (inProcess.has(command)) return { code: 0, stdout: "", stderr: "" };
      const at = argv.indexOf(path);
      if (at < 0 || command === "sha256sum") return local.exec(argv, more);
      const answer = benchmarkOutput(argv.slice(at + 1), options, starts++);
      if (command !== "sh") return answer;
      // The shell prints the list that the program wrote, whose name it was given first.
      const list = readFileSync(argv[3] ?? "", "utf8");
      rmSync(argv[3] ?? "");
      return { ...answer, stdout: `${answer.stdout}\n${list}` };
    },
  };
}
