import { growthMethod } from "../growth/growth-method.ts";
import { findDirections } from "../splitting/find-directions.ts";
import { signedMenu } from "../splitting/menu.ts";
import { usualC } from "../splitting/split-types.ts";

/** Signed splitting (S3D, Wang et al. 2020, arXiv 2003.10392) in the default search: goes on where no index is negative. */
export const signed = growthMethod({
  name: "signed",
  summary: "the default search with signed splits of two, three and four copies (S3D)",
  findDirections: (start, context) =>
    findDirections(start, context, { bothEnds: true, withNewcomers: true }),
  menu: signedMenu(usualC),
});
