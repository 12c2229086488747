import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type EnergyTable, openTable } from "../../energy-db/index.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A fresh folder, removed after the tests of the file that asked for it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "energy-db-"));
  folders.push(folder);
  return folder;
}

/** A new table in a folder of its own, open for writing. */
export const freshTable = (): EnergyTable =>
  openTable(join(temporaryFolder(), "energy.db"), { mode: "write", create: true });
