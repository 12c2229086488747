import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

/** Packages that a file imports as it starts, and those of the files that it imports: types cost nothing. */
function packagesOf(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return new Set();
  seen.add(path);
  const statements = readFileSync(path, "utf8").matchAll(
    /^(?:import|export)(?! type) [^;]*?from "([^"]+)";/gm,
  );
  const found = [...statements].map(([, from = ""]) => from);
  return new Set(
    found.flatMap((from) =>
      from.startsWith(".") ? [...packagesOf(join(dirname(path), from), seen)] : [from],
    ),
  );
}

test("asking a table starts without the packages that fitting, checking and importing need", () => {
  const packages = [...packagesOf("energy-db/ask.ts")].filter((name) => !name.startsWith("node:"));
  expect(packages.sort()).toEqual(["better-sqlite3", "simple-statistics"]);
  expect([...packagesOf("energy-db/index.ts")]).toContain("ml-matrix");
});
