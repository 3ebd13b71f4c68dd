# shellcheck shell=bash
# One host: a systemd-nspawn container whose mounts and network live in
# namespaces of its own processes. When they die, nothing of it is left but
# its directory and an empty cgroup.
#
# A host's directory holds: image (path), number, upper and work (overlay),
# root (mount point), console.log, pid (of nspawn), isolated (while it is).

host_dir() {
  [ -d "$STATE/$1/host/$2" ] || die "no host '$2' in fleet '$1'"
  echo "$STATE/$1/host/$2"
}

# Where cgroup v2 is mounted; mounts it when nothing is, for no container of
# systemd starts without. Containers get no controllers: limits do not act.
cgroup_root() {
  local root
  root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
  if [ -z "$root" ]; then
    root=/sys/fs/cgroup
    # On top of a v1 tree it goes where systemd's hybrid layout has it.
    mountpoint -q $root && root=/sys/fs/cgroup/unified && mkdir -p $root
    mount -t cgroup2 cgroup2 $root
  fi
  echo "$root"
}

# Starts the host and returns at once.
host_start() {
  local fleet=$1 host=$2 dir number net
  dir=$(host_dir "$fleet" "$host")
  if process_alive "$dir/pid"; then die "host '$host' is already running"; fi
  number=$(<"$dir/number")
  net=$(<"$STATE/$fleet/net")
  mkdir -p "$(cgroup_root)/abide-fleet/$fleet/$host"
  # The log is the whole of the host's output, and no fd of the caller may stay
  # open in it: who reads our output would wait for its end for as long as the host runs.
  setsid env -i PATH="$PATH" "$HERE/lib/launch" \
    "$dir" "$(cgroup_root)/abide-fleet/$fleet/$host" "$host" "abf$net-$host" \
    "$(net_bridge "$net")" "$(net_veth "$net" "$number")" "$(net_prefix "$net")" "$((10 + number))" \
    </dev/null >>"$dir/console.log" 2>&1 &
  process_mark $! >"$dir/pid" || :
  disown # its death is not for this shell to announce
}

# Prints the pid of the host's init.
host_leader() {
  local supervisor child
  read -r supervisor _ 2>/dev/null <"$1/pid" || return 1
  for child in $(pgrep -P "$supervisor"); do
    # Its innermost pid is 1. Before that moment it is a child still being set up.
    [ "$(awk '/^NSpid:/ && NF > 2 { print $NF }' "/proc/$child/status" 2>/dev/null)" = 1 ] || continue
    echo "$child"
    return
  done
  return 1
}

# Returns when the host is up: it has finished booting (well or not), lets
# users in and answers on its ssh port. Does not log in: a session would start
# a user manager, which is what the tests look at.
host_await() {
  local dir
  dir=$(host_dir "$1" "$2")
  await "$PATIENCE" host_settled "$1" "$2" "$dir" && return
  say "host '$2' of fleet '$1' did not come up in $PATIENCE s; the end of its console ($dir/console.log):"
  tail -n 40 "$dir/console.log" >&2
  return 1
}

host_settled() {
  local leader banner
  process_alive "$3/pid" || return 0 # dead: no use in waiting; the next step tells
  leader=$(host_leader "$3") || return 1
  [ -e "/proc/$leader/root/run/systemd/private" ] || return 1
  case $(nsenter -t "$leader" -a /usr/bin/systemctl is-system-running 2>/dev/null) in
    running | degraded | maintenance) ;;
    *) return 1 ;;
  esac
  [ ! -e "/proc/$leader/root/run/nologin" ] || return 1
  [ ! -e "$3/isolated" ] || return 0
  { read -r -t 2 banner <"/dev/tcp/$(host_address "$1" "$2")/22"; } 2>/dev/null && [[ $banner == SSH-* ]]
}

host_address() { awk -v host="$2" '$1 == host { print $2 }' "$STATE/$1/hosts"; }

host_gone() { ! process_alive "$1/pid"; }

host_boot() {
  host_start "$1" "$2"
  host_await "$1" "$2"
}

# An orderly shutdown, as `poweroff` on the host would do.
host_poweroff() {
  local dir leader
  dir=$(host_dir "$1" "$2")
  host_gone "$dir" && return
  leader=$(host_leader "$dir") || die "host '$2' has not started yet"
  kill -RTMIN+3 "$leader"
  # Longer than systemd's own 90 s for a service that does not want to stop.
  await 120 host_gone "$dir" || die "host '$2' does not shut down; see $dir/console.log"
}

host_reboot() {
  host_poweroff "$1" "$2"
  host_boot "$1" "$2"
}

# As if the power failed: everything on the host ends at once.
host_crash() {
  host_dir "$1" "$2" >/dev/null
  host_kill "$1" "$2"
}

host_kill() {
  local cgroup
  cgroup=$(cgroup_root)/abide-fleet/$1/$2
  [ ! -e "$cgroup" ] || echo 1 >"$cgroup/cgroup.kill"
  await 10 host_gone "$STATE/$1/host/$2" || die "host '$2' of fleet '$1' cannot be killed"
}

# Unplugs the host from the network; it runs on.
host_isolate() { host_link "$1" "$2" down; }
host_rejoin() { host_link "$1" "$2" up; }

host_link() {
  local dir
  dir=$(host_dir "$1" "$2")
  if [ "$3" = down ]; then touch "$dir/isolated"; else rm -f "$dir/isolated"; fi
  host_gone "$dir" || ip link set "$(net_veth "$(<"$STATE/$1/net")" "$(<"$dir/number")")" "$3"
}
