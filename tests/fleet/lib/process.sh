# shellcheck shell=bash
# Processes that outlive the command that started them are known by pid and
# start time: a pid alone comes back as somebody else's.

# Prints "PID STARTTIME" of process $1; fails when it is gone or a zombie.
process_mark() {
  local stat fields
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  # The name in parentheses may hold anything, so read from behind it.
  read -ra fields <<<"${stat##*) }"
  case ${fields[0]} in Z | X) return 1 ;; esac
  echo "$1 ${fields[19]}"
}

# Prints the process that asked for this one: our parent, or who called sudo,
# for sudo itself ends with us.
process_caller() {
  local pid=$PPID
  while [[ $(cat "/proc/$pid/comm") =~ ^(sudo|doas)$ ]]; do
    pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")
  done
  echo "$pid"
}

# Whether the process that the file $1 names is still that process, alive.
process_alive() {
  local mark
  read -r mark 2>/dev/null <"$1" || return 1
  [ "$(process_mark "${mark%% *}")" = "$mark" ]
}

# Waits up to $1 seconds for the rest of the arguments to succeed as a command.
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.05
  done
}

# Runs a command while holding the lock on the list of fleets. In a subshell
# whose end releases it; no host is ever started under it, for it would keep it.
with_lock() {
  mkdir -p "$STATE"
  (
    flock 9
    "$@"
  ) 9>"$STATE/.lock"
}
