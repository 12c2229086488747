import type { Meter, MeterSample } from "../meter.ts";
import type { RunningProgram } from "../transport.ts";
import { SampleStream } from "./sample-stream.ts";

export interface StreamedOptions {
  /** Starts the tool with this period. */
  readonly program: (period_s: number) => RunningProgram;
  /** Samples of one part of its output; called afresh with every start. */
  readonly reader: () => (part: string) => readonly MeterSample[];
  /** What stands between two parts; a line's end by default. */
  readonly separator?: string;
}

/** Start, samples and stop of a meter that is one long-lived tool: nothing is started while something is measured. */
export function streamed({
  program,
  reader,
  separator = "\n",
}: StreamedOptions): Pick<Meter, "start" | "samples" | "stop"> {
  let stream = new SampleStream();
  let running: RunningProgram | undefined;
  return {
    start: async ({ period_s }) => {
      stream = new SampleStream();
      const { push } = stream;
      const tool = program(period_s);
      running = tool;
      const read = reader();
      let rest = "";
      let first = (): void => undefined;
      const begun = new Promise<void>((resolve) => {
        first = resolve;
      });
      tool.stderr.resume();
      tool.stdout.on("data", (chunk: Buffer) => {
        const parts = (rest + chunk.toString("utf8")).split(separator);
        rest = parts.pop() ?? "";
        for (const part of parts) push(read(part));
        if (parts.length > 0) first();
      });
      await Promise.race([begun, tool.ended]);
    },
    samples: () => stream,
    stop: async () => {
      running?.kill();
      await running?.ended;
      stream.end();
    },
  };
}
