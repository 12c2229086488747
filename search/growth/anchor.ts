import type { Network } from "../../src/network/network.ts";
import { uniformShape } from "../baselines/allocations.ts";
import { fitShape, type ShapeRequest } from "../baselines/fit-shape.ts";
import type { SearchContext } from "../method.ts";
import { limitsAt, roomOf } from "./limits.ts";

/** Share of the room between the narrowest network and the budget that growth starts with. */
export const anchorShare = 0.45;

/** Uniform widths on the stairs' edges within the budget, no group narrower than in `least`. */
export const uniformOnStairs = (request: ShapeRequest): Network =>
  fitShape(request, uniformShape.weights(request.reference));

/**
 * The network that growth starts from: uniform widths on edges of the stairs, since what a tread gives for nothing need not
 * be searched for. Throws a UserError (exit "budget") where not even the narrowest fits.
 */
export function anchorNetwork(context: SearchContext): Network {
  // Widths that a network file gives are where its growth starts.
  const start = context.network === context.reference ? { least: context.network } : {};
  const request: ShapeRequest = { ...context, ...start };
  return uniformOnStairs({ ...request, budget: limitsAt(anchorShare, roomOf(request)) });
}
