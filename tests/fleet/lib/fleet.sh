# shellcheck shell=bash
# Fleets: hosts that share a network, a key and an owner, and end together.
#
# A fleet's directory holds: owner (pid and start time), net (number), hosts
# (name address image), host/NAME/, and the files that ssh needs.

fleet_dir() {
  [ -d "$STATE/$1" ] || die "no fleet '$1'"
  echo "$STATE/$1"
}

fleet_up() {
  local owner='' fleet pair names=() images=() i pids=() failed=
  check
  if [ "${1:-}" = --owner ]; then owner=${2:?pid}; shift 2; fi
  [ $# -ge 2 ] || { usage >&2; exit 2; }
  fleet=$1
  shift
  [ $# -le 200 ] || die "a fleet has room for 200 hosts"
  [[ $fleet =~ ^[a-zA-Z0-9][a-zA-Z0-9_-]*$ ]] || die "a fleet's name is letters, digits, - and _: '$fleet'"
  for pair in "$@"; do
    [[ $pair =~ ^[a-z][a-z0-9-]{0,30}=[a-z0-9+-]+$ ]] || die "expected HOST=IMAGE, not '$pair'"
    names+=("${pair%%=*}")
    images+=("$(image "${pair#*=}")")
  done

  with_lock fleet_claim "$fleet" "${owner:-$(process_caller)}"
  # Whatever happens from here on, half a fleet is not left behind.
  # shellcheck disable=SC2064 # the name is known now
  trap "kill \$(jobs -p) 2>/dev/null || :; fleet_down '$fleet'" EXIT
  trap 'exit 130' INT TERM HUP
  fleet_keys "$fleet"
  for i in "${!names[@]}"; do host_create "$fleet" "${names[i]}" $((i + 1)) "${images[i]}"; done
  for i in "${!names[@]}"; do host_start "$fleet" "${names[i]}"; done
  for i in "${!names[@]}"; do host_await "$fleet" "${names[i]}" & pids+=($!); done
  for i in "${!pids[@]}"; do wait "${pids[i]}" || failed+=" ${names[i]}"; done
  [ -z "$failed" ] || die "did not come up:$failed"
  trap - EXIT
}

# Under the lock: makes room, then takes the name and a network. The owner is
# written before anything exists that would have to be removed.
fleet_claim() {
  local dir=$STATE/$1
  fleet_reap
  mkdir -m 0700 "$dir" 2>/dev/null || die "there is already a fleet '$1'; fleet down $1 removes it"
  # shellcheck disable=SC2064 # the name is known now
  trap "fleet_down '$1'" EXIT
  process_mark "$2" >"$dir/owner" || die "no process $2 to own the fleet"
  net_claim "$1" >"$dir/net"
  # Tried again, for the last fleet may be removing the directory that is common to all.
  await 2 mkdir -p "$(cgroup_root)/abide-fleet/$1" 2>/dev/null || die "cannot make a cgroup in $(cgroup_root)"
  # Every init and user manager watches files as the same few uids, which the
  # kernel's usual limit of 128 lets only some ten hosts do.
  [ "$(</proc/sys/fs/inotify/max_user_instances)" -ge 4096 ] || echo 4096 >/proc/sys/fs/inotify/max_user_instances
  # In memory where there is plenty: no disk has to write what nobody keeps, and it is gone at once. Elsewhere too where
  # it has to be: an overlay cannot lie on an overlay, as a container's /run often is one.
  mkdir "$dir/host"
  case $(stat -f -c %T "$dir/host") in
    tmpfs) ;;
    ext2/ext3 | xfs | btrfs) ! fleet_memory || mount -t tmpfs -o mode=0755 abide-fleet "$dir/host" ;;
    *) mount -t tmpfs -o mode=0755 abide-fleet "$dir/host" ;;
  esac
  trap - EXIT
}

# Whether there is memory for files of hosts: they write some 20 MB each, and tests that fill a host up to a gigabyte.
fleet_memory() {
  local name size
  while read -r name size _; do
    [ "$name" != MemAvailable: ] || { [ "$size" -gt 6000000 ]; return; }
  done </proc/meminfo
  return 1
}

fleet_keys() {
  local dir=$STATE/$1
  ssh-keygen -q -t ed25519 -N '' -C "abide-fleet $1" -f "$dir/id_ed25519"
  : >"$dir/hosts"
  : >"$dir/known_hosts"
  # The hosts are on this machine: a post-quantum key exchange would only cost a tenth of a second of CPU for each login.
  cat >"$dir/ssh_config" <<CONFIG
Host *
    User deploy
    IdentityFile "$dir/id_ed25519"
    IdentitiesOnly yes
    UserKnownHostsFile "$dir/known_hosts"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    UpdateHostKeys no
    PreferredAuthentications publickey
    KexAlgorithms curve25519-sha256
    LogLevel ERROR
CONFIG
}

# The host's directory and its lines in the fleet's files; boots nothing.
host_create() {
  local fleet=$1 host=$2 number=$3 image=$4 dir address key home
  dir=$STATE/$fleet/host/$host
  [ ! -e "$dir" ] || die "host '$host' is named twice"
  mkdir -p "$dir/upper" "$dir/work" "$dir/root"
  echo "$image" >"$dir/image"
  echo "$number" >"$dir/number"
  address=$(net_prefix "$(<"$STATE/$fleet/net")").$((10 + number))
  echo "$host $address $(basename "${image%.*}")" >>"$STATE/$fleet/hosts"
  for key in "$image"/etc/ssh/ssh_host_*_key.pub; do
    echo "$host,$address $(cut -d' ' -f1,2 "$key")"
  done >>"$STATE/$fleet/known_hosts"
  printf 'Host %s\n    HostName %s\n' "$host" "$address" >>"$STATE/$fleet/ssh_config"
  install -d -m 0755 "$dir/upper/etc"
  echo "$host" >"$dir/upper/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$address" "$host" >"$dir/upper/etc/hosts"
  # A directory made in the upper layer hides nothing below, but its own mode and owner count.
  install -d -m 0755 "$dir/upper/home"
  install -d -m 0700 -o 1000 -g 1000 "$dir/upper/home/deploy"
  install -d -m 0700 "$dir/upper/root"
  for home in home/deploy root; do
    install -d -m 0700 "$dir/upper/$home/.ssh"
    install -m 0600 "$STATE/$fleet/id_ed25519.pub" "$dir/upper/$home/.ssh/authorized_keys"
  done
  chown -R 1000:1000 "$dir/upper/home/deploy"
}

# Removes a fleet in whatever state it is; nothing to remove is fine. Two at
# once, as when it is reaped meanwhile, take turns by the lock on its directory.
fleet_down() {
  [ -d "$STATE/$1" ] || return 0
  # shellcheck disable=SC2094 # the directory is only locked
  (
    flock 8
    [ ! -d "$STATE/$1" ] || fleet_remove "$1"
  ) 8<"$STATE/$1"
}

# Order matters: processes first, for all else is busy until they are gone,
# and the directory last, for it is how an unfinished removal is found again.
fleet_remove() {
  local fleet=$1 dir=$STATE/$1 host cgroup
  for host in "$dir"/host/*/; do
    [ -d "$host" ] || continue
    host_kill "$fleet" "$(basename "$host")"
  done
  [ ! -s "$dir/net" ] || net_release "$(<"$dir/net")"
  # On a machine with the old hierarchies nspawn leaves its mark in systemd's as well.
  while read -r cgroup; do
    [ ! -d "$cgroup/$fleet" ] || await 10 cgroup_remove "$cgroup/$fleet" || say "cgroup $cgroup/$fleet is still in use"
    rmdir "$cgroup" 2>/dev/null || :
  done < <(awk '$3 ~ /^cgroup2?$/ { print $2 "/abide-fleet" }' /proc/self/mounts)
  umount -q "$dir/host" 2>/dev/null || :
  rm -rf "$dir"
}

# A cgroup goes only when the last of its processes has been buried.
cgroup_remove() {
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

# Removes the fleets that nobody will: their owner is gone. One that resists
# must not keep others from coming up.
fleet_reap() {
  local dir
  for dir in "$STATE"/*/; do
    [ -d "$dir" ] || continue
    process_alive "${dir}owner" || (fleet_down "$(basename "$dir")") || say "cannot remove ${dir%/}"
  done
}

fleet_ls() {
  local dir host address image status
  for dir in "$STATE"/*/; do
    [ -s "${dir}hosts" ] || continue
    printf '%s (owner %s)\n' "$(basename "$dir")" "$(process_alive "${dir}owner" && cut -d' ' -f1 "${dir}owner" || echo gone)"
    while read -r host address image; do
      status=off
      process_alive "${dir}host/$host/pid" && status=running
      [ ! -e "${dir}host/$host/isolated" ] || status+=,isolated
      printf '  %-16s %-15s %-28s %s\n' "$host" "$address" "$image" "$status"
    done <"${dir}hosts"
  done
}
