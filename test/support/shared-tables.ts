import { existsSync } from "node:fs";
import { join } from "node:path";

/** Tables as they were published, beside a checkout or above its worktree; the project neither holds nor needs them. */
export const sharedTables = ["../shared", "../../shared"]
  .map((folder) => join(folder, "data/tables"))
  .find((folder) => existsSync(folder));

/** Behind the name of a test that wants them: why it is skipped. */
export const sharedTablesNote =
  sharedTables === undefined ? " (skipped: no ../shared/data/tables)" : "";
