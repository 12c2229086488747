import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** In a checkout the page's sources are bundled, in the built package what they were compiled to. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const entry = (name: string): string =>
  fileURLToPath(new URL(`./page/${name}.${extension}`, import.meta.url));

/** The scripts that the page is made of, by the name they are served under. */
export async function bundlePage(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { page: entry("page"), worker: entry("worker") },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outdir: "/",
    logLevel: "silent",
  });
  return new Map(outputFiles.map(({ path, text }) => [path.split("/").at(-1) ?? path, text]));
}
