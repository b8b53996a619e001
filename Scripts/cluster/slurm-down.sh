#!/usr/bin/env bash
# Cancels the jobs of a Slurm that slurm-up.sh started, and ends exactly its daemons, by the files that hold their numbers.
set -uo pipefail
folder=${SLURM_FOLDER:?the folder that slurm-up.sh was given}
export SLURM_CONF=$folder/slurm.conf

timeout 5 squeue -h -o %A 2>/dev/null | sort -u | xargs -r timeout 5 scancel 2>/dev/null
for _ in $(seq 100); do
  if [ -z "$(timeout 5 squeue -h 2>/dev/null)" ]; then break; fi
  sleep 0.1
done
pids=()
for file in "$folder"/run/slurmd-*.pid "$folder/run/slurmctld.pid" "$folder/run/munged.pid"; do
  pid=$(cat "$file" 2>/dev/null) || continue
  # A number may be another's by now.
  if grep -qE 'slurm|munge' "/proc/$pid/comm" 2>/dev/null; then
    kill "$pid"
    pids+=("$pid")
  fi
done
for _ in $(seq 100); do
  left=''
  for pid in "${pids[@]}"; do
    if [ -e "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status"; then left+=" $pid"; fi
  done
  [ -n "$left" ] || exit 0
  sleep 0.1
done
echo "slurm-down: still there:$left" >&2
exit 1
