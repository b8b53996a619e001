#!/usr/bin/env bash
# Measures a small experiment by a Slurm of two made-up nodes on this machine while its tasks are killed, put back, and lose their
# node, and holds the merged report to that of one process, byte for byte.
#
#   Scripts/check-cluster.sh [HEATDRIFT]      by that program; otherwise by a release build. IMAGES=48 of it where it is slow
#
# Needs root and Debian's slurmctld, slurmd, slurm-client and munge; without them it says so and passes.
set -euo pipefail
cd "$(dirname "$0")/.."

pass_over() {
  echo "check-cluster: passed over: $*"
  exit 0
}
[ "$(id -u)" = 0 ] || pass_over "a Slurm of its own needs root"
for program in slurmctld slurmd sbatch munged; do
  command -v "$program" >/dev/null || pass_over "$program is not here (Debian: slurmctld slurmd slurm-client munge)"
done
case $(getent ahostsv4 "$(hostname -s)" | awk 'NR == 1 { print $1 }') in
  127.*) ;;
  *) pass_over "$(hostname -s) is no address of the loopback interface" ;;
esac

if [ $# -eq 0 ]; then
  . Scripts/environment.sh
  swift build -c release --product heatdrift
fi
heatdrift=$(realpath "${1:-.build/release/heatdrift}")

folder=$(mktemp -d)
# Munge serves no folder that is one user's own.
chmod 755 "$folder"
export SLURM_FOLDER=$folder/slurm
mkdir "$SLURM_FOLDER"
clean_up() {
  SLURM_FOLDER=$SLURM_FOLDER Scripts/cluster/slurm-down.sh || true
  rm -rf "$folder"
}
trap clean_up EXIT
fail() {
  echo "check-cluster: $*" >&2
  tail -n 15 "$job"/cluster/logs/*.log >&2 2>/dev/null || true
  squeue -a -r >&2 || true
  exit 1
}
# Waits until a command succeeds, a minute and a half at most.
wait_for() {
  local what=$1
  shift
  for _ in $(seq 900); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  fail "waited in vain: $what"
}

# Two narrow networks over the faces: some seconds for each task.
experiment="$folder/it's an experiment.yaml"
cat >"$experiment" <<YAML
title: Faces on a cluster
seed: 7
data: {source: orl, split: all, limit: ${IMAGES:-400}}
models:
  - {architecture: vgg16, width: 0.25, weights: $PWD/Models/vgg16.safetensors}
  - {architecture: resnet50, width: 0.25, weights: $PWD/Models/resnet50.safetensors}
input: {mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}
attack: {method: fgsm, epsilons: [2/255, 8/255]}
report: {formats: [pdf]}
YAML
settings=(--set 'title=It is "odd"')
job="$folder/a job"
start=$SECONDS
"$heatdrift" run "$experiment" "${settings[@]}" --output "$folder/one" --quiet >/dev/null 2>&1
echo "one process: $((SECONDS - start)) s"

SLURM_CONF=$(Scripts/cluster/slurm-up.sh)
export SLURM_CONF
start=$SECONDS
"$heatdrift" cluster slurm "$experiment" "${settings[@]}" --shards 4 --output "$job" --time 30 --quiet --submit
array=$(cat "$job/cluster/array-job")

shard() { echo "$job/shards/shard-$1-of-4"; }
# The process that measures a shard's attempt, once it has stored something.
measures() {
  local attempt
  attempt=$(shard "$1")/attempt-$array-$2
  pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$attempt/results.lock") && [ -n "$pid" ] &&
    [ -s "$attempt/results.sqlite-wal" ] && [ "$(stat -c %s "$attempt/results.sqlite-wal")" -gt 300000 ]
}

# A task whose program is killed puts itself back.
wait_for "shard 1 measures" measures 1 0
measures 1 0
kill -9 "$pid"
echo "killed: shard 1"
# A task that is preempted: its machine is wanted, and Slurm puts it back.
wait_for "shard 2 measures" measures 2 0
scontrol requeue "${array}_2"
echo "put back: shard 2"
# A node that is gone, with its daemon and all that it ran.
wait_for "shard 3 measures" measures 3 0
node=$(squeue -h -r -j "${array}_3" -o %N)
lost=$(cat "$SLURM_FOLDER/run/slurmd-$node.pid")
step=$(pgrep -f "slurmstepd: \[[0-9]+\.batch\]" | while read -r p; do
  if pgrep -P "$p" >/dev/null && tr '\0' '\n' <"/proc/$(pgrep -P "$p" | head -n 1)/environ" | grep -qx 'SLURM_ARRAY_TASK_ID=3'; then
    echo "$p"
  fi
done)
measures 3 0
kill -9 "$lost" $step $(pgrep -P "$step") "$pid"
echo "lost: node $node with shard 3"
"$heatdrift" cluster status "$job"
# A task whose time is nearly up: Slurm warns its script, which hands it on and goes on in a new task.
wait_for "shard 4 measures" measures 4 0
scancel --batch --signal=USR1 "${array}_4"
echo "warned: shard 4"
wait_for "node $node is down" sh -c "sinfo -h -N -o '%N %t' | grep -q '^$node down'"
slurmd -N "$node" -f "$SLURM_CONF"
scontrol update NodeName="$node" State=RESUME 2>/dev/null || true

wait_for "all tasks and the merge end" sh -c '[ -z "$(squeue -h)" ]'
echo "by Slurm: $((SECONDS - start)) s"
"$heatdrift" cluster status "$job" | tee "$folder/status"
grep -qx 'Shards: 4 done, 0 running, 0 failed, 0 waiting, of 4' "$folder/status" || fail "not all shards are done"
[ -s "$job/report.pdf" ] || fail "there is no merged report"
for number in 1 2 3 4; do
  [ -d "$(shard $number)/attempt-$array-1" ] || fail "shard $number had no second attempt"
  grep -q 'taken up from' "$job/cluster/logs/shard-$number.log" || fail "shard $number took nothing up"
done
grep -qx 'ended by signal 9' "$(shard 1)/attempt-$array-0/failed" || fail "the kill of shard 1 is not noted"
grep -q '^Stopping on SIGUSR1' "$job/cluster/logs/shard-4.log" || fail "shard 4 was not warned"
for file in results.csv report.pdf; do
  cmp "$folder/one/$file" "$job/$file" || fail "$file is not that of one process"
done
echo "the merged results and report are those of one process, byte for byte"
