import type { ReportData } from "./data.ts";
import { platformLine } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { layersSection } from "./layers-section.ts";
import { pageMarkup } from "./page.ts";
import { searchSection } from "./search-section.ts";
import { summarySection } from "./summary.ts";
import { tableSection } from "./table-section.ts";
import { textSection } from "./text-section.ts";
import { trainingSection } from "./training-section.ts";

/** A table, a search or a training on one self-contained page. */
export const renderReport = (data: ReportData): string =>
  pageMarkup(data, {
    facts: (data.platforms ?? []).map(platformLine),
    body: reportSections(data),
  });

/** All sections that the data fill, for a page of one's own. */
export const reportSections = (data: ReportData): Markup => html`${summarySection(data)}
${trainingSection(data)}${searchSection(data)}${textSection(data)}
${layersSection(data)}
${tableSection(data)}`;
