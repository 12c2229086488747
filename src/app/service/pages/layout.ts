import type { PlatformSummary } from "../../../../energy-db/index.ts";
import type { UserError } from "../../../errors.ts";
import { html, type Markup, reportStyle, trusted } from "../../../figures/index.ts";

interface PageParts {
  readonly title: string;
  /** Where the page lies: names and addresses of the pages above it. */
  readonly trail?: readonly (readonly [name: string, href: string])[];
  /** Address of the same as JSON. */
  readonly json?: string;
  readonly script?: string;
  readonly body: Markup;
}

const pageStyle = `
nav { font-size: 0.8125rem; margin-bottom: 1rem; } nav a + a::before { content: "/"; color: var(--soft); padding: 0 0.5em; }
a { color: var(--accent); } a:focus-visible, summary:focus-visible, input:focus-visible, select:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
form { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; margin: 1rem 0; font-size: 0.8125rem; }
label { display: grid; gap: 0.125rem; color: var(--soft); }
input, select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 0.25rem; padding: 0.25rem 0.5rem; max-width: 12rem; }
button { cursor: pointer; border-color: var(--accent); color: var(--accent); }
progress { width: 12rem; accent-color: var(--accent); vertical-align: middle; }
.links { font-size: 0.8125rem; display: flex; flex-wrap: wrap; gap: 0 1.25rem; } .links code { overflow-wrap: anywhere; white-space: normal; min-width: 0; }
p code { white-space: normal; }
header + main > section:first-child > h2 { margin-top: 1rem; }
@media print { nav, form, .links { display: none; } }
`;

export function page({ title, trail = [], json, script, body }: PageParts): string {
  const places = [["wattsplit", "/"] as const, ...trail];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · wattsplit</title>
<link rel="icon" href="data:,">
${json && html`<link rel="alternate" type="application/json" href="${json}">`}
<style>${trusted(reportStyle + pageStyle)}</style>
${script && html`<script src="${script}" defer></script>`}
</head>
<body>
<nav aria-label="Where this is">${places.map(([name, href]) => html`<a href="${href}">${name}</a>`)}</nav>
<header><h1>${title}</h1>${json && html`<p class="links"><a href="${json}">as JSON</a></p>`}</header>
<main>
${body}
</main>
</body>
</html>
`.markup;
}

/** What went wrong and what to do, as a page. */
export const errorPage = ({ message, hint }: UserError): string =>
  page({ title: "Not found", body: html`<p>${message}.</p><p class="note">${hint}</p>` });

/** An address with the given parameters; absent ones are left out. */
export function address(
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const query = new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    ),
  );
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Address of a search's page. */
export const searchAddress = (name: string): string => `/searches/${encodeURIComponent(name)}`;

/** A platform in a list to choose from. */
export const platformName = ({ device, runtime, threads }: PlatformSummary): string =>
  `${device}, ${runtime}, ${threads} thread${threads === 1 ? "" : "s"}`;
