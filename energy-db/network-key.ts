import { createHash } from "node:crypto";
import type { Network } from "../src/network/network.ts";

/** Equal exactly for networks that compute alike: input and layers count, the name does not. */
export function networkKey({ input, layers }: Network): string {
  return createHash("sha256").update(canonicalJson({ input, layers })).digest("hex");
}

/** JSON with object keys in alphabetical order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
