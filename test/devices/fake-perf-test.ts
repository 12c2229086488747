/** A stand-in for onnxruntime_perf_test: prints as the real program does, and takes a millisecond for every run; its log has one node per layer. */
export const fakePerfTest = `#!/bin/sh
# onnxruntime_perf_test
while [ $# -gt 1 ]; do case $1 in -r) runs=$2; shift;; -p) prefix=$2; shift;; esac; shift; done
[ -z "$runs" ] && { echo "usage: perf_test"; exit 0; }
[ $(wc -c < "$1") -gt 100 ] || { echo "Failed to load model" >&2; exit 1; }
[ -n "$prefix" ] && { printf '[' ; i=0; while [ $i -le $runs ]; do
 [ $i -gt 0 ] && printf ','; printf '{"cat":"Node","name":"conv1_kernel_time","dur":70},{"cat":"Node","name":"conv2_kernel_time","dur":30}'
 i=$((i+1)); done; printf ']'; } > "$prefix"_2026.json
echo "Session creation time cost: 0.037 s"
echo "Total inference requests: $runs"
echo "Average inference time cost: 1.25 ms"
`;
