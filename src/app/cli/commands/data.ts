import { Command } from "commander";
import { datasetNames, datasetsFolder, fetchDataset } from "../../../datasets/index.ts";
import type { CommandContext } from "../context.ts";

export function dataCommand({ terminal, signal }: CommandContext): Command {
  const fetch = new Command("fetch")
    .description("bring a data set onto this machine")
    .argument("<set>", `one of ${datasetNames.join(", ")}`)
    .option("--folder <dir>", "where data sets lie (default: $WATTSPLIT_DATA or the user's cache)")
    .action(async (set: string, { folder }: { folder?: string }) => {
      await fetchDataset(set, {
        ...(folder ? { folder } : {}),
        signal,
        onProgress: (label, done, total) => terminal.progress({ done, total, label, elapsed_s: 0 }),
      });
      terminal.answer(`${set} is ready in ${folder ?? datasetsFolder()}`);
    });
  return new Command("data").description("data sets").addCommand(fetch);
}
