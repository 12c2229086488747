import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { quickstartPlan, quickstartSizes } from "../../src/app/workflows/quickstart-size.ts";
import { exitCodes } from "../../src/errors.ts";
import { cli } from "../support/cli.ts";
import { commandFolder } from "../support/command-folder.ts";
import { writePlannedTable } from "../support/formula-table.ts";
import { casesOf, expectSuccess, quickstartSuccess } from "./successes.ts";

test.each(casesOf(quickstartSuccess))(
  "$title goes on with a table that is there, and leaves a report",
  async (one) => {
    const files = await commandFolder();
    const folder = join(files.folder, "quickstart");
    mkdirSync(folder);
    // How long its own measuring takes depends on how calm the machine is.
    writePlannedTable(join(folder, "energy.db"), quickstartPlan(quickstartSizes.trial, 0), {
      platform: files.platform,
      loads: 1,
    });

    await expectSuccess(one, files);

    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("<svg");
    const full = await cli(["quickstart", "--budget", "0.2", "--out", folder]);
    expect(full.code).toBe(exitCodes.usage);
    expect(full.stderr).toContain("holds a search with --trial true, not false");
  },
  // It searches, trains and measures on this machine, which others may keep busy.
  400_000,
);
