import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A module of ours that runs in a process of its own, and exchanges messages with this one that hold typed arrays and maps. */
export interface ForkedModule {
  /** `import.meta.url` of a module in the same folder. */
  readonly beside: string;
  /** Without its ending: in a checkout the source runs, in the built package the compiled file does. */
  readonly name: string;
  readonly args?: readonly string[];
  /** Shares this process's streams where absent. */
  readonly stdio?: StdioOptions;
  /** Most memory of its objects, MiB: beyond it the process ends. */
  readonly memory_mb?: number;
}

export function forkModule({
  beside,
  name,
  args = [],
  stdio,
  memory_mb,
}: ForkedModule): ChildProcess {
  const isSource = beside.endsWith(".ts");
  const path = fileURLToPath(new URL(`./${name}.${isSource ? "ts" : "js"}`, beside));
  return fork(path, args, {
    // What lets this process run sources lets the other.
    execArgv: [
      ...(isSource ? process.execArgv : []),
      ...(memory_mb === undefined ? [] : [`--max-old-space-size=${memory_mb}`]),
    ],
    serialization: "advanced",
    ...(stdio ? { stdio } : {}),
  });
}
