/**
 * What asking a table takes, without what makes, checks and imports one: a command that answers from stored costs loads this
 * alone, in a fraction of the time of `index.ts`, which has everything.
 */
export { loadStoredCosts } from "./answers/cost-table.ts";
export { describeKernel } from "./answers/refusal.ts";
export { openTable } from "./table.ts";
