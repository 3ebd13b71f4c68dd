say() { printf '%s %s\n' "$nonce" "$*"; }
yes() { say ok "$*"; exit 0; }
no() { say no "$*"; exit 1; }

places() {
  if [ "$1" = none ]; then
    state=${XDG_STATE_HOME:-$HOME/.local/state}/abide
    runtime=$state
  else
    state=/var/lib/abide
    runtime=/run/abide
  fi
  suspended=$state/suspended
  lock=$runtime/lock
}

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

# Who has the lock open as 9 holds it, or is a child of who does.
holders() {
  if [ -d "$lock.d" ]; then
    pid=
    [ ! -r "$lock.d/pid" ] || read -r pid <"$lock.d/pid"
    if [ -n "$pid" ] && [ -d "/proc/$pid" ]; then echo "$pid"; fi
    return
  fi
  inode=$(stat -c %d:%i -- "$lock" 2>/dev/null) || return 0
  stat -L -c '%d:%i %n' /proc/[0-9]*/fd/9 2>/dev/null | while read -r seen path; do
    [ "$seen" = "$inode" ] || continue
    path=${path#/proc/}
    echo "${path%%/*}"
  done
}

# break_lock ID: ends who holds it: first TERM, which lets a script finish what it must, after ten seconds KILL.
break_lock() {
  body=$lock
  [ ! -d "$lock.d" ] || body=$lock.d/holder
  id=$(sed -n 's/^id=//p' "$body" 2>/dev/null | head -n 1)
  [ -n "$id" ] || no "nobody holds it"
  [ "$id" = "$1" ] || no "its lock has the id $id, not $1: somebody else holds it now"
  pids=$(holders)
  if [ -z "$pids" ]; then
    # Whoever left this is gone; it keeps nobody out.
    if [ -d "$lock.d" ]; then rm -rf -- "$lock.d"; else : >"$lock"; fi
    yes "nobody held it any more; what was left of it is removed"
  fi
  # shellcheck disable=SC2086 # numbers
  kill -TERM $pids 2>/dev/null
  number=0
  while [ $number -lt 10 ]; do
    sleep 1
    pids=$(holders)
    [ -n "$pids" ] || yes "its holder was asked to end, and has"
    number=$((number + 1))
  done
  # shellcheck disable=SC2086 # numbers
  kill -KILL $pids 2>/dev/null
  sleep 1
  [ -z "$(holders)" ] || no "its holder cannot be killed"
  if [ -d "$lock.d" ]; then rm -rf -- "$lock.d"; else : >"$lock"; fi
  yes "its holder did not end and was killed: look at what it left with \`abide plan\`"
}
