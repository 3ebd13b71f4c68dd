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
  local leader=$1 user=$2 uid gid
  shift 2
  IFS=: read -r uid gid < <(WHO=$user awk -F: '$1 == ENVIRON["WHO"] { print $3 ":" $4 }' "/proc/$leader/root/etc/passwd") ||
    die "no user '$user' on the host"
  # Into the host's cgroup as well, so that the command ends with the host.
  echo $BASHPID >"$(cgroup_root)$(awk -F: '$1 == 0 { print $3 }' "/proc/$leader/cgroup")/cgroup.procs"
  # The runtime directory is named whether it exists or not: `systemctl --user` says best what is wrong.
  exec nsenter -t "$leader" -a --wd /usr/bin/env -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    /usr/bin/setpriv --reuid="$uid" --regid="$gid" --init-groups --reset-env \
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
