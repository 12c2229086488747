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
} as const;

export type Role = "measured" | "predicted" | "reference" | "limit";
