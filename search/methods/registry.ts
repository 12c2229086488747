import { unknownName } from "../../src/errors.ts";
import type { SearchMethod } from "../method.ts";
import { splitting } from "./splitting.ts";
import { uniform } from "./uniform.ts";

/** Every search method, the default first; a new one is a file here and a line in this list. */
export const searchMethods: readonly SearchMethod[] = [splitting, uniform];

/** The method called `name`; throws a UserError that lists the known ones. */
export function findMethod(name: string): SearchMethod {
  const found = searchMethods.find((method) => method.name === name);
  if (found) return found;
  throw unknownName(
    "search method",
    name,
    searchMethods.map((method) => method.name),
  );
}
