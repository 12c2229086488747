import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import type { TestProject } from "vitest/node";

const root = join(import.meta.dirname, "../..");
/** The package's, and those of programs that tests start. */
const folders = ["src", "devices", "energy-db", "profiler", "search", "test"];

/** Every file stays one of its own, as `npm run build` leaves it: imports only change their endings. */
const importsAsBuilt: Plugin = {
  name: "imports as built",
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === "entry-point"
        ? undefined
        : { path: /^\.{1,2}\//.test(path) ? path.replace(/\.ts$/, ".js") : path, external: true },
    ),
};

/**
 * Builds the package into a folder of its own before the first test: processes that tests start run what is installed, and
 * compile nothing. Benches that start such processes ask for it too, without a project. Returns how to remove it again.
 */
export async function setup(project?: TestProject): Promise<(() => void) | undefined> {
  // Asked once for each project.
  if (process.env.WATTSPLIT_TEST_BUILD !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-built-"));
  process.env.WATTSPLIT_TEST_BUILD = folder;
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  await buildInto(folder);
  project?.onTestsRerun(() => buildInto(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}

async function buildInto(folder: string): Promise<void> {
  const dist = join(folder, "dist");
  await build({
    entryPoints: folders.flatMap(sourcesIn),
    outdir: dist,
    outbase: root,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2023",
    logLevel: "error",
    plugins: [importsAsBuilt],
  });
  cpSync(join(root, "devices/catalog"), join(dist, "devices/catalog"), { recursive: true });
}

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(root, folder, file));
