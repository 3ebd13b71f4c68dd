# Who holds the lock. flock(2) itself says whether it is held. By whom, the kernel notes at each open file
# (proc_pid_fdinfo(5), Linux 4.1): by every process that has the holder's open file, be it under another number, as a child
# has that goes on. /proc/locks of a container does not show it, and what stands in the file only says who wrote it.

has_flock() { command -v flock >/dev/null 2>&1; }

# lock_is_held: a shared try is over at once, and an apply that begins at that moment tries twice.
lock_is_held() {
  if has_flock; then
    [ -r "$lock" ] && ! flock -n -s 7 7<"$lock"
  else
    [ -n "$(lock_holders)" ]
  fi
}

# lock_holders: their processes.
lock_holders() {
  if ! has_flock; then
    pid=
    began=
    [ ! -r "$lock.d/pid" ] || read -r pid began <"$lock.d/pid"
    if [ -n "$pid" ] && [ "$(process_began "$pid")" = "$began" ]; then echo "$pid"; fi
    return
  fi
  node=$(stat -c '%d %i' -- "$lock" 2>/dev/null) || return 0
  device=${node% *}
  high=$((device / 1048576))
  # As the kernel writes it. Some file systems tell another device here; without root only one's own processes are seen.
  mark="[0-9a-f:]*:${node#* }"
  [ "$(id -u)" != 0 ] ||
    mark=$(printf '%02x:%02x:%s' $((device / 256 % 4096)) $((high * 256 + device % 256)) "${node#* }")
  (
    set +f
    limit 20 grep -rl "^lock:.* FLOCK .* WRITE .* $mark " /proc/[0-9]*/fdinfo 2>/dev/null
  ) | sed 's|^/proc/\([0-9]*\)/.*|\1|' | sort -un
}

# process_began PID: when it began, in ticks since the boot, which no later process of that number shares.
process_began() {
  stat=
  [ ! -r "/proc/$1/stat" ] || read -r stat <"/proc/$1/stat"
  # The name before it may hold anything.
  # shellcheck disable=SC2086 # numbers
  set -- ${stat##*) }
  [ $# -lt 20 ] || {
    shift 19
    echo "$1"
  }
} 2>/dev/null

# process_words PID: for people.
process_words() {
  name=
  [ ! -r "/proc/$1/comm" ] || read -r name <"/proc/$1/comm"
  name=$(printf '%s' "$name" | tr -cd 'A-Za-z0-9:_./ -')
  printf 'pid %s, %s of %s' "$1" "${name:-?}" "$(stat -c %U -- "/proc/$1" 2>/dev/null)"
}

# lock_told: who holds it, in lines. A holder that did not say so has the number of its process as its id.
lock_told() {
  told_file=$lock
  has_flock || told_file=$lock.d/holder
  told=$(head -c 1000 -- "$told_file" 2>/dev/null)
  case $newline$told in
    *"${newline}id="?* | *"${newline}who="?*)
      printf '%s\n' "$told"
      return
      ;;
  esac
  pid=$(lock_holders | head -n 1)
  if [ -n "$pid" ]; then
    read -r uptime _ </proc/uptime
    began=$(process_began "$pid")
    printf 'id=0.%s\nwho=an unknown process (%s)\noperation=a run\nsince=%s\n' \
      "$pid" "$(process_words "$pid")" $(($(date +%s) - ${uptime%%.*} + ${began:-0} / 100))
  else
    printf 'id=0.0\nwho=a process that cannot be seen\noperation=a run\nsince=%s\n' "$(date +%s)"
  fi
}
