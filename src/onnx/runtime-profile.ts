interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** The nodes that ONNX Runtime's CPU provider ran, as "operator name", by one of its profiles (chrome trace events). */
export function nodesOnCpu(profileJson: string): readonly string[] {
  const events = JSON.parse(profileJson) as readonly ProfileEvent[];
  const ending = "_kernel_time";
  const nodes = events.flatMap(({ cat, name = "", args }) =>
    cat === "Node" && name.endsWith(ending) && args?.provider === "CPUExecutionProvider"
      ? [`${args.op_name} ${name.slice(0, -ending.length)}`]
      : [],
  );
  return [...new Set(nodes)];
}
