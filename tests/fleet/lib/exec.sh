# shellcheck shell=bash
# Commands inside a host, by its namespaces instead of ssh: works for an
# isolated host, opens no session and starts no user manager.

host_exec() {
  local fleet=${1:-} host=${2:-} user=root dir leader
  as_root
  [ $# -ge 3 ] || { usage >&2; exit 2; }
  shift 2
  if [ "$1" = --user ]; then user=${2:?user name}; shift 2; fi
  [ "${1:-}" != -- ] || shift
  [ $# -gt 0 ] || { usage >&2; exit 2; }
  dir=$(host_dir "$fleet" "$host")
  leader=$(host_leader "$dir") || die "host '$host' is not running"
  host_enter "$leader" "$user" "$@"
}

# Replaces this process by a command of $2 in the host with init $1.
host_enter() {
  local leader=$1 user=$2 name uid='' gid hierarchy path cgroup=''
  shift 2
  while IFS=: read -r name _ uid gid _; do
    [ "$name" != "$user" ] || break
    uid=''
  done <"/proc/$leader/root/etc/passwd"
  [ -n "$uid" ] || die "no user '$user' on the host"
  # Into the host's cgroup as well, so that the command ends with the host.
  while IFS=: read -r hierarchy _ path; do
    [ "$hierarchy" != 0 ] || cgroup=$path
  done <"/proc/$leader/cgroup"
  echo $BASHPID >"$(cgroup_root)$cgroup/cgroup.procs"
  # The runtime directory is named whether it exists or not: `systemctl --user` says best what is wrong.
  exec -c nsenter -t "$leader" -a --wd /usr/bin/setpriv --reuid="$uid" --regid="$gid" --init-groups --reset-env \
    /usr/bin/env XDG_RUNTIME_DIR="/run/user/$uid" LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# Lets the fleet's key log in as user $3.
host_authorize() {
  as_root
  host_dir "$1" "$2" >/dev/null
  host_exec "$1" "$2" --user "$3" -- /bin/sh -euc '
    umask 077
    mkdir -p ~/.ssh
    cat >>~/.ssh/authorized_keys' <"$STATE/$1/id_ed25519.pub"
}
