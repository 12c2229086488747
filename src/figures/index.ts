export { type ArmRow, arms } from "./arms.ts";
export { comparePlatforms, type SharedKernel } from "./compare-platforms.ts";
export { costCurve } from "./cost-curve.ts";
export { type CanaryRow, drift } from "./drift.ts";
export { type FrontierRow, frontierFigure } from "./frontier.ts";
export { fronts } from "./fronts.ts";
export { gains } from "./gains.ts";
export { heldOut } from "./held-out.ts";
export { layerCosts } from "./layer-costs.ts";
export { layerShares } from "./layer-shares.ts";
export { type DeviationRow, lossLaw } from "./loss-law.ts";
export { pareto, paretoFront } from "./pareto.ts";
export { pathMap } from "./path-map.ts";
export { costWords, provenancesOf } from "./quantity.ts";
export { type Figure, renderFigure } from "./render.ts";
export {
  type ComparedSearch,
  comparisonSections,
  renderComparison,
} from "./report/comparison.ts";
export type {
  BudgetRow,
  DeliveredNetwork,
  EnergyNote,
  HeldOutError,
  LayersResult,
  PlatformRow,
  ReportData,
  SearchResult,
} from "./report/data.ts";
export { figureMarkup } from "./report/figure.ts";
export { testedRows } from "./report/front-section.ts";
export { html, type Markup, trusted } from "./report/html.ts";
export { renderReport, reportSections } from "./report/render-report.ts";
export { reportStyle } from "./report/style.ts";
export { table } from "./report/table.ts";
export { tableSection } from "./report/table-section.ts";
export type {
  CandidateRow,
  Costs,
  CurveRow,
  HeldOutRow,
  LayerRow,
  Provenance,
  Reading,
  RivalRow,
  RoundRow,
  ShapeRow,
  StairRow,
} from "./rows.ts";
export { shapesTried } from "./shapes.ts";
export { renderTableSummary, type TableSummary } from "./table-summary.ts";
export { shareInterval, type TestedRow, tested } from "./tested.ts";
export { treads } from "./treads.ts";
export { type WidthPair, widthMap } from "./width-map.ts";
