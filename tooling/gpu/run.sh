#!/bin/bash
# Runs stages of the GPU check on the machine with the card: run.sh PACK OUT STAGE …, each stage with a time limit of its own.
#   info | parity | product | ours:SHAPE:STEPS | torch:SHAPE:STEPS | compiled:SHAPE:STEPS | full:SHAPE:STEPS (PyTorch in f32)
#   select:SHAPE:ROWS | align:DEFENSE:STEPS | demo:bfloat16 | demo:float32 | evaluate:SFT
# One line of JSON a stage goes to OUT/results.jsonl, what was printed beside it to OUT/log.
pack=$(realpath "$1"); out=$2; shift 2
work=$pack/work
mkdir -p "$out" "$work"
node=$work/node
[ -x $node ] || { python3 -c "import lzma,shutil,sys; shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2],'wb'))" "$pack/node.xz" $node && chmod +x $node; }
app=$pack/app/a/b/c
export XDG_CACHE_HOME=$work/cache TF_CPP_MIN_LOG_LEVEL=2

stage() { # NAME SECONDS COMMAND…
  local name=$1 limit=$2; shift 2
  local begin=$SECONDS
  timeout -k 5 "$limit" "$@" >$work/stdout 2>$work/stderr
  local rc=$?
  { echo "== $name rc $rc, $((SECONDS - begin)) s"; tail -c 3000 $work/stderr; } >>"$out/log"
  grep -E '^\{' $work/stdout >>"$out/results.jsonl"
  echo "== $name rc $rc, $((SECONDS - begin)) s"; grep -E '^\{' $work/stdout | cut -c1-1500
  [ $rc -eq 0 ] || tail -c 1500 $work/stderr
}

for each in "$@"; do
  IFS=: read -r what shape count <<<"$each"
  case $what in
    info) stage info 20 nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv; cat $work/stdout ;;
    parity) stage parity 150 "$node" "$app/parity.mjs" ;;
    product) stage product 60 "$node" "$app/gpu-check.mjs" product 4096
      stage torch-product 60 python3 -c "
import torch, time, json
a, b = (torch.randn(4096, 4096, device='cuda').bfloat16() for _ in 'ab')
times = []
for _ in range(20):
    torch.cuda.synchronize(); t = time.perf_counter(); y = a @ b; torch.cuda.synchronize(); times.append(time.perf_counter() - t)
t = sorted(times[2:])[9]; print(json.dumps(dict(stage='torch product', size=4096, seconds=t, teraflops=2 * 4096**3 / t / 1e12)))" ;;
    ours) stage "$each" 300 "$node" --max-old-space-size=16000 "$app/gpu-check.mjs" step "$shape" 4 512 "$count" ;;
    torch) stage "$each" 120 python3 "$pack/torch_step.py" "$shape" 4 512 "$count" ;;
    compiled) stage "$each" 200 python3 "$pack/torch_step.py" "$shape" 4 512 "$count" compile ;;
    full) stage "$each" 120 python3 "$pack/torch_step.py" "$shape" 4 512 "$count" float32 ;;
    align)
      rm -rf "$work/$shape"
      stage "$each" 90 "$node" "$app/pharmacist.mjs" align --engine pjrt --data "$app/../data/demo/validation.jsonl" --harmful "$app/../data/demo/harmful.jsonl" \
        --defense "$shape" --steps "$count" --learning-rate 0.001 --train-batch-size 8 --max-length 128 --out "$work/$shape" --json
      tail -n 1 "$work/$shape/steps.jsonl" | tee -a "$out/log" ;;
    evaluate)
      stage "$each" 120 "$node" "$app/pharmacist.mjs" evaluate --engine pjrt --adapter "$work/$shape" --harmful-prompts "$app/../data/demo/harmful.jsonl" --judge refusal-keywords \
        --max-new-tokens 32 --out "$work/evaluate" --quiet ;;
    demo)
      rm -rf "$work/demo-$shape"
      stage "$each" 120 "$node" "$app/pharmacist.mjs" demo --engine "pjrt-$shape" --out "$work/demo-$shape" --quiet
      cp "$work/demo-$shape/ranking.parquet" "$out/demo-$shape.parquet" ;;
    select)
      stage "$each model" 100 python3 "$pack/random_model.py" $work/model "$app/../models/tiny" "$shape"
      head -n "$count" "$app/../data/planted/rows.jsonl" >$work/pool.jsonl
      rm -rf $work/select
      stage "$each" 300 "$node" --max-old-space-size=16000 "$app/pharmacist.mjs" select --engine pjrt --model $work/model \
        --alignment $work/pool.jsonl --harmful "$app/../data/demo/harmful.jsonl" --validation "$app/../data/demo/validation.jsonl" \
        --out $work/select --quiet
      cp $work/select/run.json "$out/select-run.json" ;;
  esac
done
