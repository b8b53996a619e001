import Support

/// The scripts by which Slurm measures a job's shards and merges them. What comes from outside stands in them as quoted words
/// of the shell alone, never in a line that Slurm reads.
public struct SlurmScripts: Sendable {
  private let job: ClusterJob

  public init(_ job: ClusterJob) { self.job = job }

  /// Letters, digits and a few signs; what else a name has becomes "-".
  private var safeName: String {
    let name = job.name.unicodeScalars.prefix(40).map { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
          || "._-".unicodeScalars.contains(scalar))
        ? String(scalar) : "-"
    }.joined()
    return name.isEmpty ? "experiment" : name
  }

  private func words(_ words: [String]) -> String { words.map(shellWord).joined(separator: " ") }

  private var partition: String { job.partition.map { "#SBATCH --partition=\($0)\n" } ?? "" }

  /// `shards.sbatch`: a task for each shard.
  public var shards: String {
    let limit = job.arrayLimit.map { "%\($0)" } ?? ""
    return """
      #!/bin/bash
      # Measures \(job.shards) shards of an experiment, a task each. Submit it by ./submit.sh, as often as you like: what was
      # measured is taken up, and nothing is measured twice. `./submit.sh --array=3,7` measures these alone.
      #SBATCH --job-name=heatdrift-\(safeName)
      #SBATCH --array=1-\(job.shards)\(limit)
      #SBATCH --cpus-per-task=\(job.processors)
      #SBATCH --time=\(TimeForecast.slurm(job.seconds))
      #SBATCH --output=logs/shard-%a.log
      #SBATCH --open-mode=append
      # Where a node is lost Slurm starts its tasks anew; before a task's time is up it is warned, and goes on in a new one.
      #SBATCH --requeue
      #SBATCH --signal=B:USR1@120
      \(partition)
      program=\(shellWord(job.program))
      experiment=\(shellWord(job.experiment))
      folder=\(shellWord(job.folder))
      options=(\(words(job.options)))
      shards=\(job.shards)
      most_failures=\(job.mostFailures)

      number=$SLURM_ARRAY_TASK_ID
      own=$folder/shards/$(printf 'shard-%0*d-of-%d' ${#shards} "$number" "$shards")
      # A folder of its own for each attempt: one that is taken for dead may still write.
      attempt=$own/attempt-$SLURM_ARRAY_JOB_ID-${SLURM_RESTART_COUNT:-0}
      mkdir -p -- "$attempt" || exit 1
      echo "== shard $number/$shards on $(hostname), attempt ${attempt##*/}, $(date -u '+%Y-%m-%d %H:%M:%S UTC')"

      resume=(--resume-from "$folder/cluster/hashes")
      for former in "$own"/attempt-*; do
        if [ "$former" != "$attempt" ] && [ -s "$former/results.sqlite" ]; then resume+=(--resume-from "$former"); fi
      done

      # Warnings are handed on: the images in flight are finished and kept.
      warned=
      hand_on() {
        warned=$1
        woken=yes
        kill -s "$1" "$child" 2>/dev/null
      }
      child=
      trap 'hand_on USR1' USR1
      trap 'hand_on TERM' TERM
      "$program" run "$experiment" "${options[@]}" --shard "$number/$shards" --output "$attempt" "${resume[@]}" &
      child=$!
      if [ -n "$warned" ]; then kill -s "$warned" "$child"; fi
      while :; do
        woken=
        wait "$child"
        code=$?
        # A signal ends the waiting, not the program.
        [ -n "$woken" ] || break
      done
      if [ "$code" -eq 0 ]; then exit 0; fi

      # Puts the task back into the queue, where Slurm does not end it for good: somebody may have cancelled it.
      go_on() {
        state=$(scontrol show job -o "$SLURM_JOB_ID" 2>/dev/null | grep -o 'JobState=[A-Z_]*' | head -n 1)
        case $state in
          JobState=RUNNING | JobState=TIMEOUT | JobState=PREEMPTED) ;;
          *)
            echo "not put back into the queue: ${state:-Slurm does not say its state}" >&2
            exit "$code"
            ;;
        esac
        echo "put back into the queue"
        scontrol requeue "$SLURM_JOB_ID" || exit "$code"
        exit 0
      }
      if [ -n "$warned" ] && [ "$code" -gt 128 ]; then go_on; fi

      if [ "$code" -gt 128 ]; then reason="ended by signal $((code - 128))"; else reason="exit code $code"; fi
      echo "$reason" >"$attempt/failed"
      # The call or the experiment is wrong: it would be the next time too.
      if [ "$code" -eq 64 ]; then exit "$code"; fi
      failures=0
      for former in "$own/attempt-$SLURM_ARRAY_JOB_ID"-*/failed; do
        if [ -e "$former" ]; then failures=$((failures + 1)); fi
      done
      if [ "$failures" -ge "$most_failures" ]; then
        echo "failed $failures times, the last by $reason: left" >&2
        exit "$code"
      fi
      echo "$reason, the failure $failures of at most $most_failures"
      go_on

      """
  }

  /// `merge.sbatch`: the report.
  public var merge: String {
    """
    #!/bin/bash
    # Puts the shards together and makes the report. It runs when no task is left, however they ended: a task that failed
    # and was put back into the queue counts as failed for `afterok`. What is missing is found here.
    #SBATCH --job-name=heatdrift-\(safeName)-merge
    #SBATCH --cpus-per-task=\(job.processors)
    #SBATCH --time=\(TimeForecast.slurm(job.seconds))
    #SBATCH --output=logs/merge.log
    #SBATCH --open-mode=append
    #SBATCH --requeue
    \(partition)
    program=\(shellWord(job.program))
    experiment=\(shellWord(job.experiment))
    folder=\(shellWord(job.folder))
    options=(\(words(job.options)))
    merge_options=(\(words(job.mergeOptions)))

    echo "== merge on $(hostname), $(date -u '+%Y-%m-%d %H:%M:%S UTC')"
    "$program" merge "$experiment" "$folder/shards" "${options[@]}" "${merge_options[@]}" --output "$folder"
    code=$?
    if [ "$code" -ne 0 ]; then
      printf 'Where something is missing, this measures it and merges again:\\n  %q\\n' "$folder/cluster/submit.sh" >&2
    fi
    exit "$code"

    """
  }

  /// `submit.sh`: submits both.
  public var submit: String {
    """
    #!/bin/bash
    # Submits the shards and, behind them, the merge; options are given to `sbatch` for the shards: ./submit.sh --array=3,7
    set -euo pipefail
    cd -- \(shellWord(job.clusterFolder))
    options=(\(words(job.sbatch)))
    array=$(sbatch --parsable "${options[@]}" "$@" shards.sbatch)
    # "12;cluster" where there are several
    array=${array%%;*}
    echo "$array" >\(ClusterJob.arrayFileName)
    merge=$(sbatch --parsable "${options[@]}" --dependency="afterany:$array" merge.sbatch)
    echo "shards: job $array, merge: job ${merge%%;*}"

    """
  }
}
