export { type ArmRow, arms } from "./arms.ts";
export { comparePlatforms, type SharedKernel } from "./compare-platforms.ts";
export { costCurve } from "./cost-curve.ts";
export { type CanaryRow, drift } from "./drift.ts";
export { type FrontierRow, frontierFigure } from "./frontier.ts";
export { gains } from "./gains.ts";
export { heldOut } from "./held-out.ts";
export { type DeviationRow, lossLaw } from "./loss-law.ts";
export { type Figure, renderFigure } from "./render.ts";
export type {
  BudgetRow,
  DeliveredNetwork,
  EnergyNote,
  HeldOutError,
  PlatformRow,
  ReportData,
  SearchResult,
  VerificationResult,
} from "./report/data.ts";
export { figureMarkup } from "./report/figure.ts";
export { html, type Markup, trusted } from "./report/html.ts";
export { renderReport } from "./report/render-report.ts";
export { pathOf } from "./report/search-section.ts";
export { reportStyle } from "./report/style.ts";
export { table } from "./report/table.ts";
export { tableSection } from "./report/table-section.ts";
export type {
  CurveRow,
  HeldOutRow,
  LayerRow,
  NetworkRow,
  Provenance,
  Reading,
  RoundRow,
  ShapeRow,
  StairRow,
} from "./rows.ts";
export { type CostQuantity, type SearchPath, searchPath } from "./search-path.ts";
export { shapesTried } from "./shapes.ts";
export { treads } from "./treads.ts";
export { verification } from "./verification.ts";
export { type WidthPair, widthMap } from "./width-map.ts";
export { widthsPerRound } from "./widths.ts";
