import type { Provenance } from "../rows.ts";
import { dayOf, provenanceMeanings, provenanceTag } from "./format.ts";
import { html, jsonIsland, type Markup, trusted } from "./html.ts";
import { reportStyle } from "./style.ts";

/** What every page of numbers says of itself. */
interface PageData {
  readonly title: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly toolVersion: string;
  readonly command?: string | undefined;
  readonly seed?: number | undefined;
}

/**
 * One self-contained HTML page: inline style and figures, the rows as JSON in `#report-rows`, no script, nothing loaded.
 * The same data gives the same bytes.
 */
export function pageMarkup(
  data: PageData,
  { facts, body }: { readonly facts: readonly string[]; readonly body: Markup },
): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="wattsplit ${data.toolVersion}">
<title>${data.title}</title>
<style>${trusted(reportStyle)}</style>
</head>
<body>
<header>
<h1>${data.title}</h1>
<p>${[dayOf(data.generatedAt), ...facts].join(" · ")}</p>
</header>
<main>
${body}
</main>
${footer(data)}
<script type="application/json" id="report-rows">${jsonIsland(data)}</script>
</body>
</html>
`;
  return page.markup;
}

function footer(data: PageData): Markup {
  const facts = [
    ["Command", data.command && html`<code>${data.command}</code>`],
    ["Seed", data.seed],
    ["Made by", `wattsplit ${data.toolVersion}, ${data.generatedAt}`],
  ] as const;
  return html`<footer>
<h2>How these numbers came to be</h2>
<dl>${wordsUsed(data).map((word) => html`<dt>${provenanceTag(word)}</dt><dd>${provenanceMeanings[word]}</dd>`)}
${facts.map(([name, fact]) => (fact === undefined ? undefined : html`<dt>${name}</dt><dd>${fact}</dd>`))}</dl>
</footer>`;
}

/** The words of provenance that occur anywhere in the data, in the order they are explained. */
function wordsUsed(data: PageData): readonly Provenance[] {
  const used = new Set<string>();
  JSON.stringify(data, (key, value: unknown) => {
    if (key === "provenance") used.add(String(value));
    return value;
  });
  // A cast: keys of a total table over Provenance.
  return (Object.keys(provenanceMeanings) as Provenance[]).filter((word) => used.has(word));
}
