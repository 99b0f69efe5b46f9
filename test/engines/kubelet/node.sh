#!/bin/sh
# A node of Kubernetes in a mount and a process namespace of its own: node.sh FOLDER CGROUP IMAGE KUBELET KUBECONFIG.
# What it starts, mounts and writes is gone with the namespaces, however it ends; FOLDER holds its settings, its log and containerd's socket.
set -eu

if [ "${1:-}" != inside ]; then
  cgroup=$2
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc "$0" inside "$@" &
  node=$!
  # A killed process namespace takes a moment to empty its cgroups.
  leave() {
    kill -KILL "$node" 2>/dev/null || true
    wait "$node" || true
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
      [ -n "$(find /sys/fs/cgroup -type d -name "$cgroup" -print -quit)" ] || break
      sleep 0.2
    done
  }
  trap 'leave; exit 0' TERM INT
  wait "$node" || true
  leave
  exit 1
fi

folder=$2 cgroup=$3 image=$4 kubelet=$5 kubeconfig=$6
# Their usual places, and yet nothing is left in them.
for place in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$place"; done
# The kubelet and the network's plugin set these for the whole machine; here they find them set.
set_here() {
  [ -e "/proc/sys/$1" ] || return 0
  file=/run/set-here/$(echo "$1" | tr / -)
  mkdir -p /run/set-here
  echo "$2" >"$file"
  mount --bind "$file" "/proc/sys/$1"
}
set_here vm/overcommit_memory 1
set_here vm/panic_on_oom 0
set_here kernel/panic 10
set_here kernel/panic_on_oops 1
set_here kernel/keys/root_maxkeys 1000000
set_here kernel/keys/root_maxbytes 25000000
set_here net/ipv4/ip_forward 1

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then mkdir -p "/sys/fs/cgroup/$cgroup"; else
  for hierarchy in /sys/fs/cgroup/*/; do mkdir -p "$hierarchy$cgroup"; done
fi

containerd --config "$folder/containerd.toml" &
until ctr --address "$folder/containerd.sock" version >/dev/null 2>&1; do
  kill -0 $! || exit 1
  sleep 0.1
done
ctr --address "$folder/containerd.sock" --namespace k8s.io images import "$image"
# As a machine's init does, again when it ends.
while true; do
  "$kubelet" --kubeconfig="$kubeconfig" --config="$folder/kubelet.yaml" --cert-dir="$folder/pki" --hostname-override=localhost || true
  sleep 0.2
done
