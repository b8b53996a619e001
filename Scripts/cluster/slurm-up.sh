#!/usr/bin/env bash
# Starts a Slurm of its own on this machine, on the loopback interface alone, with a daemon for each of some made-up nodes; prints
# the place of its slurm.conf. `slurm-down.sh` ends exactly what was started. Needs root and slurmctld, slurmd, slurm-client, munge.
#
#   export SLURM_FOLDER=$(mktemp -d)
#   export SLURM_CONF=$(Scripts/cluster/slurm-up.sh)
#   sbatch ...
#   Scripts/cluster/slurm-down.sh
#
# SLURM_FOLDER: a folder for its files. SLURM_NODES: names of nodes, of a processor each (n1 n2). SLURM_PORT: of the controller, the
# nodes' follow (36817).
set -euo pipefail
folder=${SLURM_FOLDER:?a folder for its files} port=${SLURM_PORT:-36817} nodes=${SLURM_NODES:-n1 n2}
host=$(hostname -s)

case $(getent ahostsv4 "$host" | awk 'NR == 1 { print $1 }') in
  127.*) ;;
  *)
    echo "slurm-up: $host must be an address of the loopback interface; add it to /etc/hosts" >&2
    exit 1
    ;;
esac
mkdir -p -m 755 "$folder" "$folder/run" "$folder/log" "$folder/spool"
mkdir -p -m 700 "$folder/state" "$folder/munge"
[ -s "$folder/munge/key" ] || (umask 077 && head -c 64 /dev/urandom >"$folder/munge/key")

number=0 lines=''
for node in $nodes; do
  number=$((number + 1))
  lines+="NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + number)) CPUs=1"$'\n'
done
cat >"$folder/slurm.conf" <<CONF
ClusterName=heatdrift
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock,cred_expire=5
CredType=cred/munge
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd-%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/log/jobcomp.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
KillWait=5
MinJobAge=300
${lines}PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
CONF
export SLURM_CONF=$folder/slurm.conf

munged --key-file="$folder/munge/key" --socket="$folder/run/munge.sock" --pid-file="$folder/run/munged.pid" \
  --log-file="$folder/munge/munged.log" --seed-file="$folder/munge/seed" --num-threads=2 >&2
slurmctld -c -f "$SLURM_CONF" >&2
for node in $nodes; do slurmd -N "$node" -f "$SLURM_CONF" >&2; done
for _ in $(seq 100); do
  if [ "$(sinfo -h -N -o '%t' 2>/dev/null | grep -c '^idle$')" = "$number" ]; then
    echo "$SLURM_CONF"
    exit 0
  fi
  sleep 0.1
done
echo "slurm-up: its nodes are not idle after ten seconds" >&2
tail -n 20 "$folder"/log/*.log >&2
exit 1
