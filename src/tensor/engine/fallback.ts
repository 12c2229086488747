import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import { nodesOnCpu } from "../../onnx/index.ts";

/** Called once per program with the nodes that its provider left to the CPU, as "operator name". */
export type FallbackListener = (program: string, nodes: readonly string[]) => void;

/** Watches a session's first run for nodes on the CPU: the runtime tells of them in its profiles alone. */
export interface FallbackWatch {
  readonly options: InferenceSession.SessionOptions;
  /** Ends the watch and reports, the first time it is called. */
  end(session: InferenceSession): void;
}

export function watchFallback(program: string, listener: FallbackListener): FallbackWatch {
  let folder: string | undefined = mkdtempSync(join(tmpdir(), "wattsplit-fallback-"));
  return {
    options: { enableProfiling: true, profileFilePrefix: join(folder, "profile") },
    end: (session) => {
      if (folder === undefined) return;
      session.endProfiling();
      const nodes = readdirSync(folder).flatMap((file) =>
        nodesOnCpu(readFileSync(join(folder ?? "", file), "utf8")),
      );
      rmSync(folder, { recursive: true });
      folder = undefined;
      if (nodes.length > 0) listener(program, nodes);
    },
  };
}
