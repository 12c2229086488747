import { PassThrough } from "node:stream";
import { type Transport, TransportError } from "../../../devices/transport.ts";

/** Tools of a device by a word of their command line; those not named are not installed. */
export interface FakeTool {
  /** What it prints when it runs to its end. */
  readonly prints?: () => string;
  readonly stderr?: string;
  readonly code?: number;
  /** Parts that it prints while it goes on. */
  readonly streams?: readonly string[];
}

/** A machine on which only these tools are installed: stands in for hardware. */
export function fakeTools(tools: Readonly<Record<string, FakeTool>>): Transport {
  const toolOf = (argv: readonly string[]): FakeTool => {
    const found = Object.entries(tools).find(([word]) => argv.includes(word));
    if (!found)
      throw new TransportError("missing", `${argv[0]} is not installed, or not in the PATH`);
    return found[1];
  };
  return {
    name: "fake",
    exec: async (argv) => {
      const { prints = () => "", stderr = "", code = 0 } = toolOf(argv);
      return { code, stdout: prints(), stderr };
    },
    stream: (argv) => {
      const { streams = [] } = toolOf(argv);
      const stdout = new PassThrough();
      for (const part of streams) stdout.write(part);
      let end: (how: string) => void = () => undefined;
      const ended = new Promise<string>((resolve) => {
        end = resolve;
      });
      return {
        stdin: new PassThrough(),
        stdout,
        stderr: new PassThrough(),
        ended,
        kill: () => stdout.end(() => end("killed")),
      };
    },
    push: async () => undefined,
    pull: async () => undefined,
    forward: async (port) => ({ devicePort: port, close: async () => undefined }),
    close: async () => undefined,
  };
}
