#!/usr/bin/env bash
# WGAN-GP on CIFAR-10 as far as some minutes of one GPU allow: throughput, curves, samples and metrics, in one folder.
#
#   benchmarks/cifar.sh [FOLDER]                              with both networks, on a GPU, into cifar_results/
#   DEVICE=cpu MINUTES=10 benchmarks/cifar.sh [FOLDER]        narrow networks for few updates, to try it
#   DRY_RUN=1 benchmarks/cifar.sh                             prints the commands
#
# Other variables: DATA, a folder with cifar-10-batches-py (downloaded if missing) or with images in train/CLASS and
# test/CLASS; NETWORKS, WIDTH, SAMPLES, PYTHON. Short runs of each network tell how many updates fit into MINUTES; the
# learning rate of the ResNet falls to 0 over these. Metrics are those of a classifier that is trained on the data here
# (fid_cifar) and, on a GPU, FID and the Inception Score where Inception's weights are (docs/fidelity.md).
#
# Ends with status 0 where there is no GPU, after a line that says so, and with 1 if a step has failed.

started=$SECONDS
calling=$PWD
cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-python}
export PYTHONPATH=$PWD
device=${DEVICE:-gpu}
minutes=${MINUTES:-9}
read -ra networks <<<"${NETWORKS:-resnet dcgan}"
data=$(cd "$calling" && realpath -m "${DATA:-data}")
out=$(cd "$calling" && realpath -m "${1:-cifar_results}")
case $device in
    gpu) width=128 samples=50000 probe=100 every=10 extractor_updates=2000 measuring=70
        machine=(--config configs/trainer/fast_gpu.yaml --data.on_device true) ;;
    cpu) width=32 samples=2000 probe=6 every=1 extractor_updates=400 measuring=60
        machine=(--trainer.accelerator cpu) ;;
    *) echo "Expected DEVICE to be gpu or cpu, but got $device."; exit 2 ;;
esac
width=${WIDTH:-$width}
samples=${SAMPLES:-$samples}

# run COMMAND...: run it, or print it for DRY_RUN
run() {
    if [ -n "$DRY_RUN" ]; then printf '%q ' "$@"; echo; else "$@"; fi
}

lit_wgan() { run "$python" -m lit_wgan "$@" || exit 1; }

# fit NETWORK UPDATES RUNS OPTION...: train a network, with its run in a folder
fit() {
    local network=$1 updates=$2 runs=$3
    shift 3
    [ "$network" = dcgan ] || set -- --model.lr_scheduler.init_args.total_iters "$updates" "$@"
    lit_wgan fit --config "configs/wgan_gp_cifar10_$network.yaml" "${machine[@]}" "${images[@]}" --name "$network" \
        --model.generator.init_args.width "$width" --model.critic.init_args.width "$width" \
        --trainer.max_steps "$updates" --trainer.default_root_dir "$runs" "$@"
}

# results COMMAND...: what benchmarks/cifar_results.py says
results() { "$python" benchmarks/cifar_results.py "$@"; }

# at_least A B: the larger of two whole numbers
at_least() { echo $(($1 > $2 ? $1 : $2)); }

if [ "$device" = gpu ] && [ -z "$DRY_RUN" ] && ! "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'
then
    echo "There is no GPU here, so nothing was trained or measured. DEVICE=cpu tries the script on narrow networks."
    exit 0
fi
inception=no reserved=0
if [ "$device" = gpu ] && { [ -n "$DRY_RUN" ] || results has_inception; }; then inception=yes reserved=120; fi
if [ -d "$data/train" ] && [ ! -d "$data/cifar-10-batches-py" ]; then kind=folder; else kind=cifar10; fi
[ $kind = cifar10 ] || echo "These are the images in $data. If they are JPEG, metrics are not those of CIFAR-10 in the literature."
images=(--data.dataset $kind --data.root "$data" --data.cache_dir "$out/cache")
download=()
[ $kind = folder ] || [ -d "$data/cifar-10-batches-py" ] || download=(--data.download true)
run mkdir -p "$out"

[ -f "$out/cifar.pt" ] || lit_wgan extractor train --data ImageData "${images[@]}" "${download[@]}" \
    --updates $extractor_updates --output "$out/cifar.pt"

left=${#networks[@]}
for network in "${networks[@]}"; do
    updates=$probe
    if [ -z "$DRY_RUN" ]; then
        scratch=$(mktemp -d)
        trap 'rm -rf "$scratch"' EXIT
        fit "$network" $probe "$scratch" --trainer.log_every_n_steps $every --trainer.limit_val_batches 0 --report false
        seconds=$(((minutes * 60 - reserved - SECONDS + started) / left - measuring))
        updates=$(results updates "$scratch/$network/version_0" "$(at_least $seconds 1)") || exit 1
        rm -rf "$scratch"
    fi
    part=$(at_least $((updates / 10)) 1)
    fit "$network" "$updates" "$out/runs" --trainer.log_every_n_steps "$(at_least $((updates / 100)) 1)" \
        --trainer.val_check_interval "$part" --checkpoint.every_n_train_steps "$part" --report false \
        --trainer.callbacks+=lit_wgan.FidelityCallback --trainer.callbacks.every_n_updates "$part" \
        --trainer.callbacks.num_samples $((samples / 5)) --trainer.callbacks.extractor "$out/cifar.pt"
    lit_wgan sample "$out/runs/$network" -n 100 -o "$out/$network.png"
    lit_wgan evaluate --ckpt "$out/runs/$network" --accelerator "$device" --num_samples "$samples" \
        --metrics fid,isc --extractor "$out/cifar.pt" --json "$out/$network.json"
    left=$((left - 1))
done

if [ $inception = yes ]; then
    for network in "${networks[@]}"; do
        lit_wgan evaluate --ckpt "$out/runs/$network" --accelerator gpu --num_samples "$samples" \
            --metrics fid,isc --json "$out/${network}_inception.json"
    done
fi
[ -n "$DRY_RUN" ] || { results table "$out" "${networks[@]}" >"$out/results.md" && cat "$out/results.md"; }
