say() { printf '%s %s\n' "$nonce" "$*"; }
yes() { say ok "$*"; exit 0; }
no() { say no "$*"; exit 1; }

# suspend WHO UNTIL REASON: until then nothing is done here.
suspend() {
  now=$(date +%s)
  [ "$2" -gt "$now" ] || no "it is later than that there already: look at its clock"
  mkdir -p -- "$state" 2>/dev/null || no "$state cannot be made"
  printf 'who=%s\nsince=%s\nuntil=%s\nreason=%s\n' "$1" "$now" "$2" "$3" 2>/dev/null >"$suspended.new" ||
    no "$suspended cannot be written"
  mv -f -- "$suspended.new" "$suspended" || no "$suspended cannot be written"
  yes suspended
}

resume() {
  [ -e "$suspended" ] || yes "was not suspended"
  rm -f -- "$suspended" 2>/dev/null || no "$suspended cannot be removed"
  yes resumed
}

# break_lock ID: ends who holds it and whatever they started: first TERM, which lets a script finish what it must, after
# ten seconds KILL. Only who has the lock can say that it is free.
break_lock() {
  find_limiter || no "it has no timeout(1)"
  set -f
  if ! lock_is_held; then break_left_over "$1"; fi
  told=$(lock_told)
  id=$(printf '%s\n' "$told" | sed -n 's/^id=//p' | head -n 1)
  [ "$id" = "$1" ] || no "its lock has the id $id, not $1: somebody else holds it now"
  all_of_them "$(lock_holders)"
  [ -n "$them" ] || no "who holds it cannot be seen"
  # What is stopped feels nothing but KILL before it goes on.
  # shellcheck disable=SC2086 # numbers
  kill -TERM $holders 2>/dev/null
  # shellcheck disable=SC2086 # numbers
  kill -CONT $them 2>/dev/null
  if freed 10; then yes "its holder was asked to end, and has"; fi
  for round in 1 2 3; do
    all_of_them "$(lock_holders) $them"
    # shellcheck disable=SC2086 # numbers
    kill -KILL $them 2>/dev/null
    if freed 3; then yes "its holder did not end and was killed: look at what it left with \`abide plan\`"; fi
  done
  words=
  for pid in $(lock_holders | head -n 5); do words="$words${words:+; }$(process_words "$pid")"; done
  no "it is still held, by ${words:-a process that cannot be seen}"
}

# Nobody holds it: who left it so is gone.
break_left_over() {
  body=$lock
  has_flock || body=$lock.d/holder
  id=$(sed -n 's/^id=//p' "$body" 2>/dev/null | head -n 1)
  [ -n "$id" ] || no "nobody holds it"
  [ "$id" = "$1" ] || no "its lock has the id $id, not $1: somebody else holds it now"
  freed 0 || no "somebody else holds it now"
  yes "nobody held it any more; what was left of it is removed"
}

# freed SECONDS: whether it is free by then, found out by taking it; nothing stands in it any more then.
freed() {
  number=0
  while :; do
    if has_flock; then
      if flock -n 9 9>>"$lock"; then
        : >"$lock"
        return 0
      fi
    elif [ -z "$(lock_holders)" ]; then
      rm -rf -- "$lock.d"
      return 0
    fi
    [ $number -lt "$1" ] || return 1
    sleep 1
    number=$((number + 1))
  done
}

# all_of_them PIDS: $holders, and in $them also their process groups and what came of them; never this script or what it
# came of.
all_of_them() {
  holders=
  them=
  ours=" 0 1 "
  pid=$$
  while [ "${pid:-0}" -gt 1 ]; do
    ours="$ours$pid "
    read_process "$pid" || break
    [ "$pid" != $$ ] || our_group=$group
    pid=$parent
  done
  groups=
  for pid in $1; do
    case $ours in *" $pid "*) continue ;; esac
    read_process "$pid" || continue
    holders="$holders $pid"
    if [ "$group" -gt 1 ] && [ "$group" != "$our_group" ]; then groups="$groups $group"; fi
  done
  them=$holders
  known=
  until [ "$known" = "$them" ]; do
    known=$them
    for pid in $(every_process); do
      case "$ours $them " in *" $pid "*) continue ;; esac
      read_process "$pid" || continue
      case "$them " in *" $parent "*) them="$them $pid" && continue ;; esac
      case "$groups " in *" $group "*) them="$them $pid" ;; esac
    done
  done
}

every_process() (
  set +f
  cd /proc && echo [0-9]*
)

# read_process PID: its $parent and its $group.
read_process() {
  line=
  read -r line <"/proc/$1/stat" || return 1
  # The name before it may hold anything.
  line=${line##*) }
  line=${line#* }
  parent=${line%% *}
  line=${line#* }
  group=${line%% *}
} 2>/dev/null
