import { html, type Markup } from "./html.ts";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Markup | string | number | undefined;
  readonly numeric?: boolean;
  /** Sentences, which may be broken into lines. */
  readonly prose?: boolean;
}

/** Keeps the columns in which some row says something. */
export const optionalColumn =
  <Row>(rows: readonly Row[]) =>
  ({ cell }: Column<Row>): boolean =>
    rows.some((row) => cell(row) !== undefined);

/** Longer tables start folded. */
const openUpTo = 12;

/** The numbers of a figure: readable at once when few, or when they are what the page is about; folded when many. */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { open = rows.length <= openUpTo }: { readonly open?: boolean } = {},
): Markup {
  const summary = `${caption} (${rows.length} ${rows.length === 1 ? "row" : "rows"})`;
  const body = html`<div class="scroll"><table>
<thead><tr>${columns.map((column) => html`<th scope="col"${side(column)}>${column.head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
    ) => html`<tr>${columns.map((column) => html`<td${side(column)}>${column.cell(row)}</td>`)}</tr>
`,
  )}</tbody>
</table></div>`;
  return html`<details${open ? html` open` : undefined}><summary>${summary}</summary>${body}</details>`;
}

const side = ({ numeric, prose }: Pick<Column<never>, "numeric" | "prose">): Markup =>
  numeric ? html` class="number"` : prose ? html` class="prose"` : html``;
