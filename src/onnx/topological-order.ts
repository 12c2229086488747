import { UserError } from "../errors.ts";
import type { OutlineNode } from "./outline.ts";

/**
 * The nodes, each after those whose outputs it reads (Kahn 1962): writers need not keep that order. Throws a UserError on a
 * value that two nodes give, one that nothing gives, and a cycle; `given` are the values that no node gives.
 */
export function inOrder(
  nodes: readonly OutlineNode[],
  given: readonly string[],
  source: string,
): readonly OutlineNode[] {
  const writers = writersOf(nodes, given, source);
  const reads = new Map(
    nodes.map((node) => [
      node,
      new Set(node.inputs.flatMap((name) => writerOf(writers, name, node, source))),
    ]),
  );
  const waitsFor = new Map([...reads].map(([node, read]) => [node, read.size]));
  const readers = readersOf(reads);
  const ordered = nodes.filter((node) => waitsFor.get(node) === 0);
  for (const node of ordered)
    for (const reader of readers.get(node) ?? []) {
      const left = (waitsFor.get(reader) ?? 0) - 1;
      waitsFor.set(reader, left);
      if (left === 0) ordered.push(reader);
    }
  if (ordered.length < nodes.length) throw cycle(nodes, ordered, source);
  return ordered;
}

function readersOf(reads: ReadonlyMap<OutlineNode, ReadonlySet<OutlineNode>>) {
  const readers = new Map<OutlineNode, OutlineNode[]>();
  for (const [node, read] of reads)
    for (const writer of read) {
      const known = readers.get(writer);
      if (known) known.push(node);
      else readers.set(writer, [node]);
    }
  return readers;
}

function cycle(
  nodes: readonly OutlineNode[],
  ordered: readonly OutlineNode[],
  source: string,
): UserError {
  const done = new Set(ordered);
  const stuck = nodes.find((node) => !done.has(node));
  return broken(`${source} has a cycle through node "${stuck?.name}"`);
}

/** Every value's node; undefined for what is given from outside. */
function writersOf(nodes: readonly OutlineNode[], given: readonly string[], source: string) {
  const writers = new Map<string, OutlineNode | undefined>(given.map((name) => [name, undefined]));
  for (const node of nodes)
    for (const output of node.outputs) {
      if (output === "") continue;
      if (writers.has(output)) throw broken(`${source} gives the value "${output}" twice`);
      writers.set(output, node);
    }
  return writers;
}

function writerOf(
  writers: ReadonlyMap<string, OutlineNode | undefined>,
  name: string,
  reader: OutlineNode,
  source: string,
): readonly OutlineNode[] {
  if (name === "") return [];
  if (!writers.has(name))
    throw broken(`${source}: node "${reader.name}" reads "${name}", which nothing gives`);
  const writer = writers.get(name);
  return writer ? [writer] : [];
}

const broken = (message: string): UserError =>
  new UserError(message, {
    hint: "The model is damaged; export it anew, or check it with onnx.checker.",
    exit: "usage",
  });
