import type { ImportedSummary, PlatformSummary } from "../../../../energy-db/index.ts";
import { html, type Markup, table } from "../../../figures/index.ts";
import type { RunningSession } from "../running.ts";
import type { DeliveredSearch, RunningSearch } from "../searches.ts";
import { page, searchAddress } from "./layout.ts";

interface HomeParts {
  readonly path: string;
  readonly platforms: readonly PlatformSummary[];
  readonly imported: readonly ImportedSummary[];
  readonly running: readonly RunningSession[];
  readonly searching: readonly RunningSearch[];
  readonly searches: readonly DeliveredSearch[];
}

export const homePage = ({
  path,
  platforms,
  imported,
  running,
  searching,
  searches,
}: HomeParts): string =>
  page({
    title: "Costs of layers",
    json: "/index.json",
    script: "/live.js",
    body: html`<p class="links"><code>${path}</code> <a href="/openapi.json">REST</a>${platforms.length > 0 ? html`<a href="/estimate">estimate a model</a>` : undefined}${platforms.length > 1 ? html`<a href="/compare">compare platforms</a>` : undefined}</p>
${runningSection(running)}
${searchingSection(searching)}
<section><h2>Platforms</h2>${platforms.length === 0 ? html`<p>None yet. Measure one: <code>wattsplit profile --net mnist-cnn --db ${path}</code></p>` : table("Platforms", platformColumns, platforms)}</section>
${imported.length === 0 ? undefined : html`<section><h2>Tables of other tools</h2>${table("Imported tables", importedColumns, imported)}</section>`}
${searches.length === 0 ? undefined : html`<section><h2>Searches</h2><ul>${searches.map(({ name, title }) => html`<li><a href="${searchAddress(name)}">${title}</a></li>`)}</ul>${searches.length > 1 ? html`<p><a href="/searches">Compare them</a></p>` : undefined}</section>`}`,
  });

/** What is being measured now; the script of the page keeps the numbers fresh. */
const runningSection = (running: readonly RunningSession[]): Markup =>
  liveSection(
    "running",
    "Measuring now",
    running.map(({ id, device, space, kind, planned, measured, loads, drifted }) => ({
      key: `${id}`,
      words: html`${bar(measured, planned, "networks measured")}
${kind} of ${space} on ${device}: ${live({ measured })} of ${live({ planned })} networks,
${live({ loads })} loads in this session, ${live({ drifted })} of them disturbed`,
    })),
  );

const searchingSection = (searching: readonly RunningSearch[]): Markup =>
  liveSection(
    "searching",
    "Searches under way",
    searching.map(({ name, title, label, epochsDone, epochsExpected, savedAt }) => ({
      key: name,
      words: html`${bar(epochsDone, epochsExpected, "epochs trained")}
${title}: ${live({ label })}; ${live({ epochsDone })} of about ${live({ epochsExpected })} epochs, last saved ${live({ savedAt })}`,
    })),
  );

function liveSection(
  id: string,
  title: string,
  rows: readonly { readonly key: string; readonly words: Markup }[],
): Markup {
  const body = rows.map(({ key, words }) => html`<p data-row="${key}">${words}</p>`);
  return html`<section id="${id}" aria-live="polite" data-rows="${rows.map(({ key }) => key).join(" ")}">${rows.length > 0 ? html`<h2>${title}</h2>${body}` : undefined}</section>`;
}

const bar = (value: number, max: number, label: string): Markup =>
  html`<progress value="${value}" max="${max}" aria-label="${label}"></progress>`;

/** A field that news replace. */
const live = (field: Readonly<Record<string, string | number>>): readonly Markup[] =>
  Object.entries(field).map(([name, value]) => html`<span data-count="${name}">${value}</span>`);

const importedColumns = [
  {
    head: "device",
    cell: ({ id, device }: ImportedSummary) => html`<a href="/imported/${id}">${device}</a>`,
  },
  { head: "format", cell: ({ format }: ImportedSummary) => format },
  { head: "dialect", cell: ({ dialect }: ImportedSummary) => dialect, prose: true },
  { head: "rows", cell: ({ rows }: ImportedSummary) => rows, numeric: true },
  { head: "from", cell: ({ source }: ImportedSummary) => source },
  { head: "licence", cell: ({ licence }: ImportedSummary) => licence ?? "not stated" },
];

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
