import { escapeText } from "../render.ts";

/** Text that is HTML already. Made by `html` and, for finished SVG, by `trusted`. */
export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | undefined | readonly Part[];

/** Tagged template: strings and numbers are escaped, Markup is kept, lists are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const markup = strings.map((text, i) => text + (i < parts.length ? insert(parts[i]) : ""));
  return { markup: markup.join("") };
}

/** Only for markup this program made itself. */
export const trusted = (markup: string): Markup => ({ markup });

/** JSON for a script element: `<` is written as an escape, so that no string can end the element. */
export const jsonIsland = (value: unknown): Markup =>
  trusted(JSON.stringify(value).replaceAll("<", "\\u003c"));

function insert(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escapeText(String(part));
  if ("markup" in part) return part.markup;
  return part.map(insert).join("");
}
