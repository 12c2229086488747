/** Index of the layer that a node called `layer` or `layer/part` belongs to: the longest layer name that fits is meant. */
export function ownerByName(node: string, layers: readonly string[]): number | undefined {
  let best: number | undefined;
  for (const [i, layer] of layers.entries())
    if (
      (node === layer || node.startsWith(`${layer}/`)) &&
      layer.length > (layers[best ?? -1]?.length ?? 0)
    )
      best = i;
  return best;
}
