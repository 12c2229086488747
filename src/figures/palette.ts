/**
 * Colours by the part a number plays, after Okabe and Ito (safe for colour-blind readers), and never alone:
 * predicted marks are hollow, references square, limits dashed. A page may set the variables for its dark theme.
 */
export const palette = {
  measured: "var(--figure-measured, #0f62ae)",
  predicted: "var(--figure-predicted, #c25400)",
  reference: "var(--figure-reference, #6b7280)",
  limit: "var(--figure-limit, #a3286b)",
  faint: "var(--figure-faint, #d5d9e0)",
  paper: "var(--figure-paper, #ffffff)",
  // Things of one kind side by side, whatever part they play.
  series1: "var(--figure-measured, #0f62ae)",
  series2: "var(--figure-predicted, #c25400)",
  series3: "var(--figure-series-3, #00755a)",
  series4: "var(--figure-series-4, #7a4fb0)",
  series5: "var(--figure-series-5, #8a6a00)",
  series6: "var(--figure-reference, #6b7280)",
} as const;

export const seriesRoles = [
  "series1",
  "series2",
  "series3",
  "series4",
  "series5",
  "series6",
] as const;
export type SeriesRole = (typeof seriesRoles)[number];

export type Role = "measured" | "predicted" | "reference" | "limit" | SeriesRole;
