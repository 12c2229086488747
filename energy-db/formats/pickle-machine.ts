/** What a pickle may hold here: plain data. Dictionaries keep their order; keys are not made unique. */
export type PickleValue = null | boolean | number | string | PickleSequence | PickleDict;

export interface PickleSequence {
  readonly kind: "list" | "tuple";
  readonly items: readonly PickleValue[];
}

export interface PickleDict {
  readonly kind: "dict";
  readonly entries: readonly (readonly [key: PickleValue, value: PickleValue])[];
}

/** The one thing that a pickle may call: what it gives is data. */
const orderedDict = Symbol("collections.OrderedDict");
type StackValue = PickleValue | typeof orderedDict;

/** More than any table of costs holds; less than memory does. */
const mostValues = 2 ** 24;
const mostContainers = 2 ** 21;

/** What is wrong with a pickle, in words. */
export class PickleProblem extends Error {}

/**
 * The stack and memory that a pickle's opcodes work on. Lists and dictionaries cannot be used twice, so that what is built is
 * never larger than its source, and has no cycle.
 */
export class PickleMachine {
  #values = 0;
  #containers = 0;
  readonly #stack: StackValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, StackValue>();

  push(value: StackValue): void {
    if (++this.#values > mostValues) throw new PickleProblem(`it has over ${mostValues} values`);
    this.#stack.push(value);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes the last values, oldest first. */
  pop(count: number): PickleValue[] {
    const start = this.#stack.length - count;
    if (start < (this.#marks.at(-1) ?? 0)) throw new PickleProblem("a value is missing");
    return this.#from(start);
  }

  popToMark(): PickleValue[] {
    const start = this.#marks.pop();
    if (start === undefined) throw new PickleProblem("a mark is missing");
    return this.#from(start);
  }

  pushSequence(kind: PickleSequence["kind"], items: readonly PickleValue[]): void {
    this.#count();
    this.push({ kind, items: [...items] });
  }

  /** Of keys and values in turn. */
  pushDict(flat: readonly PickleValue[]): void {
    this.#count();
    this.push({ kind: "dict", entries: pairsOf(flat) });
  }

  append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!isPickleSequence(list) || list.kind !== "list")
      throw new PickleProblem("something is appended to what is no list");
    const own = list.items as PickleValue[];
    for (const item of items) own.push(item);
  }

  set(flat: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!isPickleDict(dict)) throw new PickleProblem("a key is set in what is no dictionary");
    const own = dict.entries as (readonly [PickleValue, PickleValue])[];
    for (const pair of pairsOf(flat)) own.push(pair);
  }

  store(slot = this.#memo.size): void {
    this.#memo.set(slot, this.#top());
  }

  recall(slot: number): void {
    const value = this.#memo.get(slot);
    if (value === undefined) throw new PickleProblem(`it recalls ${slot}, which it never stored`);
    if (isPickleDict(value) || (isPickleSequence(value) && value.kind === "list"))
      throw new PickleProblem("one list or dictionary is used in two places");
    this.push(value);
  }

  global(module: PickleValue, name: PickleValue): void {
    if (module !== "collections" || name !== "OrderedDict")
      throw new PickleProblem(`it asks for ${module}.${name}, and only OrderedDict is allowed`);
    this.push(orderedDict);
  }

  /** `OrderedDict()`, or of pairs, as old protocols write it. */
  call(): void {
    const [given = null] = this.pop(1);
    if (this.#stack.pop() !== orderedDict || !isPickleSequence(given))
      throw new PickleProblem("it calls something, and only OrderedDict may be called");
    const [pairs = { kind: "list", items: [] }] = given.items;
    if (!isPickleSequence(pairs)) throw new PickleProblem("OrderedDict is given no pairs");
    this.pushDict(
      pairs.items.flatMap((pair) => {
        if (isPickleSequence(pair) && pair.items.length === 2) return pair.items;
        throw new PickleProblem("OrderedDict is given no pairs");
      }),
    );
  }

  #top(): StackValue {
    const value = this.#stack.at(-1);
    if (value === undefined || this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw new PickleProblem("a value is missing");
    return value;
  }

  #from(start: number): PickleValue[] {
    const items = this.#stack.splice(start);
    if (items.every((item): item is PickleValue => item !== orderedDict)) return items;
    throw new PickleProblem("a name stands where a value should");
  }

  #count(): void {
    if (++this.#containers > mostContainers)
      throw new PickleProblem(`it has over ${mostContainers} lists, tuples and dictionaries`);
  }
}

function pairsOf(flat: readonly PickleValue[]): (readonly [PickleValue, PickleValue])[] {
  if (flat.length % 2 === 1) throw new PickleProblem("a key has no value");
  return Array.from({ length: flat.length / 2 }, (_, i) => [
    flat[2 * i] ?? null,
    flat[2 * i + 1] ?? null,
  ]);
}

export const isPickleDict = (value: unknown): value is PickleDict =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "dict";

export const isPickleSequence = (value: unknown): value is PickleSequence =>
  typeof value === "object" && value !== null && "kind" in value && value.kind !== "dict";
