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
  local root='' where kind
  while read -r _ where kind _; do
    [ "$kind" != cgroup2 ] || { root=$where; break; }
  done </proc/self/mounts
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
  local fleet=$1 host=$2 dir number net cgroup
  dir=$(host_dir "$fleet" "$host")
  if process_alive "$dir/pid"; then die "host '$host' is already running"; fi
  number=$(<"$dir/number")
  net=$(<"$STATE/$fleet/net")
  cgroup=$(cgroup_root)/abide-fleet/$fleet/$host
  mkdir -p "$cgroup"
  # No fd of the caller stays open in the host: who reads our output would
  # wait for its end for as long as the host runs.
  setsid env -i PATH="$PATH" "$HERE/lib/launch" "$fleet" "$host" "$dir" "$cgroup" \
    "$(net_bridge "$net")" "$(net_veth "$net" "$number")" "$(net_mac "$net" "$number")" \
    "$(net_prefix "$net").$((10 + number))" "$(net_prefix "$net").1" \
    </dev/null >>"$dir/console.log" 2>&1 &
  process_mark $! >"$dir/pid" || :
  disown # its death is not for this shell to announce
}

# Prints the pid of the host's init.
host_leader() {
  local supervisor child children word pids
  read -r supervisor _ 2>/dev/null <"$1/pid" || return 1
  # Not every kernel lists them.
  read -r children 2>/dev/null <"/proc/$supervisor/task/$supervisor/children" ||
    [ -e "/proc/$supervisor/task/$supervisor/children" ] || children=$(pgrep -P "$supervisor")
  for child in $children; do
    while read -r word pids; do
      [ "$word" = NSpid: ] || continue
      # Its innermost pid is 1. Before that moment it is a child still being set up.
      [[ $pids == *[[:blank:]]1 ]] || break
      echo "$child"
      return
    done 2>/dev/null <"/proc/$child/status"
  done
  return 1
}

# Returns when the host is up: it has finished booting (well or not), lets
# users in and answers on its ssh port. Does not log in: a session would start
# a user manager, which is what the tests look at.
host_await() {
  local dir
  dir=$(host_dir "$1" "$2")
  # A host that died settles nothing any more, so there is no use in waiting for it.
  await "$PATIENCE" host_settled_or_gone "$1" "$2" "$dir" && process_alive "$dir/pid" && return
  say "host '$2' of fleet '$1' did not come up in $PATIENCE s; the end of its console:"
  tail -n 40 "$dir/console.log" >&2
  return 1
}

host_settled_or_gone() { host_gone "$3" || host_settled "$@"; }

host_settled() {
  local leader
  leader=$(host_leader "$3") || return 1
  [ -e "/proc/$leader/root/run/systemd/private" ] || return 1
  # It waits for the end of booting; if its manager ends before, so does it.
  case $(nsenter -t "$leader" -a timeout 5 systemctl is-system-running --wait 2>/dev/null) in
    running | degraded | maintenance) ;;
    *) return 1 ;;
  esac
  [ ! -e "/proc/$leader/root/run/nologin" ] || return 1
  # Unplugged, it is up when it would answer.
  [ -e "$3/isolated" ] || host_answers "$1" "$2"
}

# Bounded from outside, for bash itself would try a lost connection for minutes.
host_answers() {
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout 1 bash -c 'read -r banner <"/dev/tcp/$0/22" && [[ $banner == SSH-* ]]' \
    "$(host_address "$1" "$2")" 2>/dev/null
}

host_address() {
  local host address
  while read -r host address _; do
    [ "$host" != "$2" ] || { echo "$address"; return; }
  done <"$STATE/$1/hosts"
}

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
host_isolate() {
  local dir
  dir=$(host_dir "$1" "$2")
  touch "$dir/isolated"
  host_gone "$dir" || host_link "$1" "$2" down
}

# Plugs it in again and returns when it answers: the kernel may take a second
# to notice the cable.
host_rejoin() {
  local dir
  dir=$(host_dir "$1" "$2")
  rm -f "$dir/isolated"
  if host_gone "$dir"; then return; fi
  host_link "$1" "$2" up
  await "$PATIENCE" host_answers "$1" "$2" || die "host '$2' does not answer"
}

host_link() {
  ip link set "$(net_veth "$(<"$STATE/$1/net")" "$(<"$STATE/$1/host/$2/number")")" "$3"
}
