import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

/** A folder that stands in for the file system's root. A value of `null` makes a path that cannot be read. */
export function sysfsFixture(files: Readonly<Record<string, string | null>>): string {
  const root = mkdtempSync(join(tmpdir(), "wattsplit-sysfs-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  writeFiles(root, files);
  return root;
}

export function writeFiles(root: string, files: Readonly<Record<string, string | null>>): void {
  for (const [path, text] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    // A folder in place of a file cannot be read even by root, who ignores permissions.
    if (text === null) mkdirSync(full, { recursive: true });
    else writeFileSync(full, `${text}\n`);
  }
}

const powercap = "sys/class/powercap";

/** Files of one powercap zone. */
export function zone(
  id: string,
  name: string,
  {
    energy_uj = "0" as string | null,
    range_uj = "262143328850" as string | null,
    enabled = "1",
  } = {},
): Record<string, string | null> {
  return {
    [`${powercap}/${id}/name`]: name,
    [`${powercap}/${id}/enabled`]: enabled,
    [`${powercap}/${id}/energy_uj`]: energy_uj,
    [`${powercap}/${id}/max_energy_range_uj`]: range_uj,
  };
}

/** A two-socket server: packages, their memory and cores, and the duplicate mmio zone. */
export const twoSockets = {
  ...zone("intel-rapl:0", "package-0"),
  ...zone("intel-rapl:0:0", "core"),
  ...zone("intel-rapl:0:1", "dram", { range_uj: "65712999613" }),
  ...zone("intel-rapl:1", "package-1"),
  ...zone("intel-rapl:1:0", "dram", { range_uj: "65712999613" }),
  ...zone("intel-rapl-mmio:0", "package-0"),
};
