#!/usr/bin/env bash
# All checks and measurements that need a GPU, in under 10 minutes, as one report on standard output.
#
#   benchmarks/gpu.sh [PYTHON]
#
# Ends with status 0 if all that could run succeeded, and with 1 if anything failed. Where there is no GPU, the report
# says so, its rows read 'not run', and the status is 0.

cd "$(dirname "$0")/.." || exit 1
python=${1:-python}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export PYTHONPATH=$PWD
failed=0
cases="toy digits mnist cifar10 resnet resnet64"
sizes="64 128 256 512"

has_gpu() { "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; }

# row TITLE STATUS FILE: a line of the summary
row() {
    case $2 in
        0) word=passed ;;
        124) word='out of time'; failed=1 ;;
        skip) word='not run: no GPU' ;;
        *) word="failed with status $2"; failed=1 ;;
    esac
    printf '| %s | %s | %s |\n' "$1" "$word" "$(grep -E ' (passed|failed|skipped)' "$3" 2>/dev/null | tail -1)"
}

# step NAME LIMIT TITLE COMMAND...: run one step, keep its output, add a line to the summary
step() {
    name=$1 limit=$2 title=$3
    shift 3
    if [ "$gpu" = yes ]; then
        timeout "$limit" "$@" >"$out/$name" 2>"$out/$name.errors"
        status=$?
        [ $status = 0 ] || tail -30 "$out/$name.errors" >&2
    else
        status=skip
    fi
    row "$title" "$status" "$out/$name"
}

# Compile everything side by side first, so that the measurements find it in torch's cache.
compile() {
    for case in $cases; do
        "$python" benchmarks/peers.py --device cuda --cases "$case" --variants fast --seconds 0 >/dev/null &
    done
    for size in $sizes; do
        "$python" benchmarks/peers.py --device cuda --cases resnet --variants fast --seconds 0 --batch-sizes "$size" >/dev/null &
    done
    wait
}

if has_gpu; then gpu=yes; else gpu=no; fi
[ $gpu = yes ] || echo "There is no GPU here, so nothing below was checked or measured."
[ $gpu = no ] || timeout 170 bash -c "$(declare -f compile); python='$python' cases='$cases' sizes='$sizes'; compile" &

echo '| step | result | tests |'
echo '|---|---|---|'
step tests 170 "tests/gpu: same run, resume, NCCL, no waiting, CUDA graphs" "$python" -m pytest -q tests/gpu
wait
step peers 250 "time, memory and share of the matrix rate" \
    "$python" benchmarks/peers.py --device cuda --seconds 6
step curve 120 "batch sizes of the CIFAR-10 ResNet" \
    "$python" benchmarks/peers.py --device cuda --cases resnet --variants fast --seconds 5 --batch-sizes $sizes
step extractor 50 "precisions of Inception" "$python" benchmarks/extractor_precisions.py --device cuda
for table in peers curve extractor; do
    [ -s "$out/$table" ] && { echo; cat "$out/$table"; }
done
exit $failed
