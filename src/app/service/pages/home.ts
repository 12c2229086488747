import type { PlatformSummary } from "../../../../energy-db/index.ts";
import { html, type Markup, table } from "../../../figures/index.ts";
import type { RunningSession } from "../running.ts";
import { page, searchAddress } from "./layout.ts";

interface HomeParts {
  readonly path: string;
  readonly platforms: readonly PlatformSummary[];
  readonly running: readonly RunningSession[];
  readonly searches: readonly { readonly name: string; readonly title: string }[];
}

export const homePage = ({ path, platforms, running, searches }: HomeParts): string =>
  page({
    title: "Costs of layers",
    json: "/api/platforms",
    script: "/live.js",
    body: html`<p class="links"><code>${path}</code> <a href="/openapi.json">REST</a>${platforms.length > 0 ? html`<a href="/estimate">estimate a model</a>` : undefined}${platforms.length > 1 ? html`<a href="/compare">compare platforms</a>` : undefined}</p>
${runningSection(running)}
<section><h2>Platforms</h2>${platforms.length === 0 ? html`<p>None yet. Measure one: <code>wattsplit profile --net mnist-cnn --db ${path}</code></p>` : table("Platforms", platformColumns, platforms)}</section>
${searches.length === 0 ? undefined : html`<section><h2>Searches</h2><ul>${searches.map(({ name, title }) => html`<li><a href="${searchAddress(name)}">${title}</a></li>`)}</ul>${searches.length > 1 ? html`<p><a href="/searches">Compare them</a></p>` : undefined}</section>`}`,
  });

/** What is being measured now; the script of the page keeps the numbers fresh. */
function runningSection(running: readonly RunningSession[]): Markup {
  const rows = running.map(
    ({ id, device, space, kind, planned, measured, loads, drifted }) => html`
<p data-session="${id}"><progress value="${measured}" max="${planned}" aria-label="networks measured"></progress>
${kind} of ${space} on ${device}: <span data-count="measured">${measured}</span> of <span data-count="planned">${planned}</span> networks,
<span data-count="loads">${loads}</span> loads in this session, <span data-count="drifted">${drifted}</span> of them disturbed</p>`,
  );
  const ids = running.map(({ id }) => id).join(" ");
  const body = rows.length === 0 ? html`` : html`<h2>Measuring now</h2>${rows}`;
  return html`<section id="running" aria-live="polite" data-sessions="${ids}">${body}</section>`;
}

const platformColumns = [
  {
    head: "device",
    cell: ({ id, device }: PlatformSummary) => html`<a href="/platforms/${id}">${device}</a>`,
  },
  { head: "processor", cell: ({ processor }: PlatformSummary) => processor },
  {
    head: "runtime",
    cell: ({ runtime, runtimeVersion }: PlatformSummary) => `${runtime} ${runtimeVersion}`,
  },
  { head: "threads", cell: ({ threads }: PlatformSummary) => threads, numeric: true },
  { head: "precision", cell: ({ precision }: PlatformSummary) => precision },
  {
    head: "networks",
    cell: ({ networkMeasurements }: PlatformSummary) => networkMeasurements,
    numeric: true,
  },
  { head: "kernels", cell: ({ kernels }: PlatformSummary) => kernels, numeric: true },
  {
    head: "energy is",
    cell: ({ energyProvenance }: PlatformSummary) => energyProvenance ?? "absent",
  },
];
