/** The whole look of a report: one accent, system font, light and dark, narrow pages and paper. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --ink: #1c2430; --soft: #5b6675; --line: #dfe3e9; --page: #ffffff; --card: #f6f8fa; --accent: #0f62ae;
  --met: #17663a; --missed: #a3286b;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e8ee; --soft: #9aa5b4; --line: #313a46; --page: #14181e; --card: #1b2129; --accent: #6cb2f4;
    --met: #6fcf97; --missed: #f08cc0;
    --figure-measured: #6cb2f4; --figure-predicted: #f2994a; --figure-reference: #9aa5b4;
    --figure-limit: #f08cc0; --figure-faint: #313a46; --figure-paper: #14181e;
    --figure-series-3: #4cc9a0; --figure-series-4: #c3a6f0; --figure-series-5: #e0c060;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 72rem;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  font-variant-numeric: tabular-nums; color: var(--ink); background: var(--page);
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 0.25rem; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 3rem 0 0.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 0.75rem; }
p { margin: 0.25rem 0; max-width: 44rem; }
header p { max-width: none; }
header p, figcaption, summary, .interval, .absent, .note, footer { color: var(--soft); }
.tiles { display: grid; gap: 1rem; margin-top: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.tile { padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); font-size: 0.8125rem; }
.tile h2 { font-size: 0.8125rem; font-weight: 500; margin: 0; padding: 0; border: 0; color: var(--soft); }
.tile .value { font-size: 1.625rem; line-height: 1.25; font-weight: 600; margin: 0.125rem 0 0.375rem; color: var(--accent); }
.tile .absent { font-weight: 400; }
.met { color: var(--met); } .missed { color: var(--missed); font-weight: 600; }
.tag { display: inline-block; padding: 0 0.4em; border: 1px solid var(--line); border-radius: 0.75em; font-size: 0.75rem; line-height: 1.4; color: var(--soft); white-space: nowrap; }
.tag.measured, .tag.derived { color: var(--accent); border-color: currentColor; }
.tag.modelled, .tag.simulated { border-style: dashed; border-color: currentColor; }
.figures { display: grid; gap: 2.5rem 2rem; margin: 1.5rem 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 31rem), 1fr)); align-items: start; }
.figures:empty { display: none; }
figure { margin: 0; min-width: 0; }
figure.whole { margin-top: 2rem; }
figure.whole + * { margin-top: 2.5rem; }
.beside { min-width: 0; }
.across { grid-column: 1 / -1; }
.note { font-size: 0.8125rem; }
figcaption { font-size: 0.8125rem; line-height: 1.45; margin: 0.5rem 0; max-width: 44rem; }
svg { overflow: visible; max-width: 100%; height: auto; }
.narrow { display: none; }
.panels { display: grid; gap: 1.5rem 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
.pairs { max-width: 48rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
summary { cursor: pointer; font-size: 0.8125rem; padding: 0.25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.8125rem; line-height: 1.4; }
th, td { text-align: left; padding: 0.3rem 0.625rem 0.3rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; white-space: nowrap; }
th { font-weight: 500; color: var(--soft); }
.number { text-align: right; }
.prose { white-space: normal; min-width: 18rem; max-width: 44rem; }
td .tag { min-width: 5.75em; text-align: center; }
td .interval { display: inline-block; min-width: 3.1em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; font-size: 0.8125rem; }
dt { font-weight: 500; } dd { margin: 0; color: var(--soft); }
code { font: 0.875em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
p code { white-space: nowrap; }
footer dl { margin: 0; }
@media (max-width: 38rem) {
  body { padding-top: 1.25rem; }
  .wide { display: none; }
  .narrow { display: block; }
}
@media print {
  :root { color-scheme: light; }
  body { padding: 0; font-size: 10pt; }
  figure, .tile, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
