import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A module of ours that runs in a process of its own, and exchanges messages with this one that hold typed arrays and maps. */
export interface ForkedModule {
  /** `import.meta.url` of a module in the same folder. */
  readonly beside: string;
  /** Without its ending: in a checkout the source runs through tsx, in the built package the compiled file does. */
  readonly name: string;
  readonly args?: readonly string[];
  /** Shares this process's streams where absent. */
  readonly stdio?: StdioOptions;
}

export function forkModule({ beside, name, args = [], stdio }: ForkedModule): ChildProcess {
  const isSource = beside.endsWith(".ts");
  const path = fileURLToPath(new URL(`./${name}.${isSource ? "ts" : "js"}`, beside));
  return fork(path, args, {
    execArgv: isSource ? ["--import", tsxUrl()] : [],
    serialization: "advanced",
    ...(stdio ? { stdio } : {}),
  });
}

const tsxUrl = (): string => pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
