import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import type { WebRuntime } from "./web-runtimes.ts";

/** In a checkout the page's sources are bundled, in the built package what they were compiled to. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const entry = (name: string): string =>
  fileURLToPath(new URL(`./page/${name}.${extension}`, import.meta.url));

/** The scripts that the page is made of, by the name they are served under. */
export async function bundlePage(
  runtime: Pick<WebRuntime, "module" | "bundles">,
): Promise<ReadonlyMap<string, string>> {
  const [page, worker] = await Promise.all([
    bundled({ entryPoints: [entry("page")], format: "esm" }),
    // A classic worker: LiteRT loads its script by importScripts, which workers that are modules lack.
    bundled({ stdin: workerModule(runtime), format: "iife" }),
  ]);
  return new Map([
    ["page.js", page],
    ["worker.js", worker],
  ]);
}

/**
 * The worker with its runtime. Packages are handed over here: imported where they are used, their types would make the browser's
 * globals known in all of our code.
 */
function workerModule({ module, bundles }: Pick<WebRuntime, "module" | "bundles">) {
  const from = (path: string) => JSON.stringify(path);
  const contents = `
    import { serve } from ${from(entry("worker"))};
    import { runtimeOf } from ${from(entry(`runtimes/${module}`))};
    ${bundles === undefined ? "const bundled = undefined;" : `import * as bundled from ${from(bundles)};`}
    serve(runtimeOf(bundled));`;
  return { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) };
}

async function bundled(
  options: Pick<BuildOptions, "entryPoints" | "stdin" | "format">,
): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    bundle: true,
    write: false,
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
