import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../src/folder.ts";
import type { Page, Section } from "./experiment.ts";
import { findExperiment } from "./registry.ts";
import { finishedOf, type Results } from "./results-folder.ts";

/** Files of a page by name: the page itself, its figures, and what it is made from. */
export function pageFiles(results: Results): Readonly<Record<string, string>> {
  const { experiment: name, size } = results;
  const page = findExperiment(name).page(finishedOf(results, name), size);
  const figures = page.sections.flatMap(({ figure }) => (figure ? [figure] : []));
  return {
    [`${name}.md`]: pageText(name, page, results),
    ...Object.fromEntries(
      // Shown outside a page, on whatever background that has.
      figures.map(({ name: figure, svg }) => [
        `${name}-${figure}.svg`,
        svg.replace("background:none", "background:#fff"),
      ]),
    ),
  };
}

/** Writes the page, its figures and its data into a folder; returns the page's path. */
export function publish(results: Results, folder: string): string {
  makeFolder(folder);
  const files = {
    ...pageFiles(results),
    [`${results.experiment}.json`]: `${JSON.stringify(results, null, 1)}\n`,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return join(folder, `${results.experiment}.md`);
}

function pageText(name: string, page: Page, results: Results): string {
  const parts = [
    `# ${page.title}`,
    page.question,
    ...page.answer,
    ...page.sections.flatMap((section) => sectionText(name, section)),
    provenance(results),
  ];
  return `${parts.join("\n\n")}\n`;
}

const sectionText = (name: string, { heading, figure, body }: Section): readonly string[] => [
  `## ${heading}`,
  ...(figure ? [`![${figure.description}](${name}-${figure.name}.svg)`] : []),
  ...body,
];

function provenance({ experiment, size, tasks }: Results): string {
  const spent_s = tasks.reduce((sum, { took_s }) => sum + took_s, 0);
  const days = [...new Set(tasks.map(({ finishedAt }) => finishedAt.slice(0, 10)))].sort();
  const machines = [...new Set(tasks.map(({ machine }) => machine))];
  const versions = [...new Set(tasks.map(({ toolVersion }) => toolVersion))];
  return (
    `Generated from ${experiment}.json by \`npm run experiment -- ${experiment} --size ${size}\`: ${tasks.length} tasks, ` +
    `${(spent_s / 3600).toFixed(1)} hours in all, ${days.join(", ")}; wattsplit ${versions.join(", ")}; ${machines.join("; ")}.`
  );
}
