import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { openTable } from "../energy-db/index.ts";
import { median } from "../src/statistics.ts";
import { formatSeconds } from "../src/units.ts";

const ownProgram = "dist/src/app/cli/main.js";
const rounds = 15;

/**
 * `npm run bench -- startup [TABLE] [MAIN_JS...]`: what the built program takes to say something, beside Node itself that says
 * nothing, and other builds of it where some are given: medians of interleaved runs.
 */
export async function run([table, ...others]: readonly string[]): Promise<void> {
  if (!existsSync(ownProgram)) throw new Error(`${ownProgram} is missing: npm run build`);
  const questions: readonly (readonly string[])[] = [
    ["--version"],
    ["--help"],
    ["query", "cost", "--help"],
    ["completion", "bash"],
    ...(table === undefined ? [] : [costQuestion(table)]),
  ];
  const lines = [
    ["--eval", "0"],
    ...questions.flatMap((question) =>
      [ownProgram, ...others].map((program) => [program, ...question]),
    ),
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

/** The cost of a kernel that the table's first platform measured. */
function costQuestion(path: string): readonly string[] {
  const table = openTable(path, { mode: "read" });
  try {
    const [platform] = table.platforms();
    const [row] = platform ? table.kernelMeasurements(platform.id) : [];
    if (!platform || !row) throw new Error(`${path} holds no kernels`);
    const { op, kernelSize, stride, inHeight, inWidth, inChannels, outChannels, variant } =
      row.kernel;
    const flags = {
      db: path,
      platform: platform.id,
      op,
      kernel: kernelSize,
      stride,
      in: `${inHeight}x${inWidth}x${inChannels}`,
      out: outChannels,
      variant,
    };
    return [
      "query",
      "cost",
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    ];
  } finally {
    table.close();
  }
}

function timeOf(args: readonly string[]): number {
  const start_s = performance.now() / 1000;
  const { status } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() / 1000 - start_s;
}
