# What happens is told in lines that begin with this run's nonce. Nobody may listen any more: that is no failure.
tell() { printf '%s %s\n' "$nonce" "$*" 2>/dev/null || :; }

# Text of a tool as one bounded line.
line_of() {
  [ -z "$1" ] || printf '%s' "$1" | tr '\n\t\r' '   ' | head -c 2000
}

# problem TEXT: what belongs to no step.
problem() {
  tell failed "$(line_of "$1")"
  outcome=1
}

# stop_here TEXT: before the first change.
stop_here() {
  problem "$1"
  end_run 1
}

# end_run STATUS: who reads of the end looks at the host at once, and finds nobody at it any more.
end_run() {
  if [ -n "${has_lock-}" ]; then
    trap - EXIT
    note_given_up
    clean_up
  fi
  tell end
  exit "$1"
}

# Without a limit nothing may begin here. KILL also ends what is stopped, and a process that is stopped feels nothing else.
find_limiter() {
  if timeout -k 1 1 true 2>/dev/null; then
    limiter=both
  elif timeout -s KILL 1 true 2>/dev/null; then
    limiter=hard
  else
    stop_here "this host has no timeout(1) as coreutils and busybox have it, so nothing was changed"
  fi
}

# begin_time: from now on this run may take $time_limit seconds.
begin_time() {
  read_seconds
  ends=$((clock + time_limit))
}

# $clock: seconds on a clock that nobody sets.
read_seconds() {
  read -r clock _ </proc/uptime
  clock=${clock%%.*}
}

# within SECONDS: as many of them as are left of this run in $seconds, and always enough for what must be tidied up.
within() {
  seconds=$1
  read_seconds
  [ "$seconds" -le $((ends - clock)) ] || seconds=$((ends - clock))
  [ "$seconds" -ge 5 ] || seconds=5
}

# limit SECONDS COMMAND...: nothing is waited for without an end.
limit() {
  within "$1"
  shift
  limited "$seconds" "$@"
}

# limited SECONDS COMMAND...
limited() {
  case $limiter in
    both) timeout -k 5 "$@" ;;
    *) timeout -s KILL "$@" ;;
  esac
}

# struck STATUS: whether that is the status of what a limit ended: busybox' timeout ends with that of the signal.
struck() {
  case $1 in 124 | 137 | 143) return 0 ;; *) return 1 ;; esac
}

# status_of STEP: ok, failed, skipped, restored, or nothing where it was not reached.
status_of() { eval "printf '%s' \"\${status_$1-}\""; }

# is_given_up SCOPE: whether nothing more is done there.
is_given_up() {
  case " $given_up $unmade " in *" $1 "* | *" all "*) return 0 ;; esac
  return 1
}

# step ID SCOPE EARLIER...: begins a step, unless its scope is given up or something it follows from failed.
step() {
  current=$1
  scope=$2
  shift 2
  note_given_up
  read_seconds
  if [ "$clock" -ge "$ends" ]; then
    finish skipped "the time for this host is over: $time_limit s (--timeout)"
    return 1
  fi
  case " $unmade " in
    *" $scope "*)
      finish skipped "${scope#user:} could not be made"
      return 1
      ;;
  esac
  if is_given_up "$scope"; then
    finish skipped "nothing more is done in $scope"
    return 1
  fi
  for earlier in "$@"; do
    eval "status=\${status_$earlier-}"
    if [ "$status" != ok ]; then
      finish skipped "step $earlier did not succeed"
      return 1
    fi
  done
  tell begin "$current"
}

# finish OUTCOME TEXT: ends the current step.
finish() {
  eval "status_$current=$1"
  [ "$1" = ok ] || outcome=1
  tell "done" "$current" "$1" "$(line_of "${2-}")"
}

# run COMMAND...: the whole of the current step.
run() {
  if said=$("$@" 2>&1); then
    finish ok
  else
    finish failed "$(explained $? "$said")"
  fi
}

# explained STATUS TEXT: a tool that was stopped by its limit says nothing itself.
explained() {
  case $1 in
    124 | 137 | 143) printf '%s' "it did not end in time${2:+. $2}" ;;
    141) printf '%s' "it said too much" ;;
    *) printf '%s' "${2:-it ended with status $1}" ;;
  esac
}
