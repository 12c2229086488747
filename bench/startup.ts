import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { median } from "../src/statistics.ts";
import { formatSeconds } from "../src/units.ts";

const program = "dist/src/app/cli/main.js";
const rounds = 15;

/** What the built program takes to say something, beside Node itself that says nothing: medians of interleaved runs. */
export async function run(): Promise<void> {
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
  const lines: readonly (readonly string[])[] = [
    ["--eval", "0"],
    [program, "--version"],
    [program, "--help"],
    [program, "query", "cost", "--help"],
    [program, "completion", "bash"],
  ];
  const times_s = lines.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, args] of lines.entries()) times_s[i]?.push(timeOf(args));
  const medians_s = times_s.map((own) => median(own));
  for (const [i, args] of lines.entries()) {
    const own_s = medians_s[i] ?? Number.NaN;
    const times = own_s / (medians_s[0] ?? Number.NaN);
    console.log(
      `node ${args.join(" ")}: ${formatSeconds(own_s)}, ${times.toFixed(2)} x node alone`,
    );
  }
}

function timeOf(args: readonly string[]): number {
  const start_s = performance.now() / 1000;
  const { status } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() / 1000 - start_s;
}
