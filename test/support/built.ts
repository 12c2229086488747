import { join } from "node:path";

/** Where what became of a source file lies in the package that was built for this run of the tests (`build-once.ts`). */
export function built(source: string): string {
  const { WATTSPLIT_TEST_BUILD: folder } = process.env;
  if (folder === undefined) throw new Error("The package was not built before the tests");
  return join(folder, "dist", source.replace(/\.ts$/, ".js"));
}
