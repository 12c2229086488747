import { type Figure, renderFigure } from "../render.ts";
import { html, type Markup, trusted } from "./html.ts";

const wide_px = 560;
const narrow_px = 344;

/** A figure drawn for wide and for narrow pages (the page shows the one that fits), its caption, its numbers. */
export function figureMarkup(
  title: string,
  draw: (width: number) => Figure,
  caption: Markup,
  numbers?: Markup,
): Markup {
  return html`<figure>
<h3>${title}</h3>
<div class="wide">${trusted(renderFigure(draw(wide_px)))}</div>
<div class="narrow">${trusted(renderFigure(draw(narrow_px)))}</div>
<figcaption>${caption}</figcaption>
${numbers}
</figure>`;
}
