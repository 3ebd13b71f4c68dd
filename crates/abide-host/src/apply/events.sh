# What happens is told in lines that begin with this run's nonce. Nobody may listen any more: that is no failure.
tell() { printf '%s %s\n' "$nonce" "$*" 2>/dev/null || :; }

# Text of a tool as one bounded line.
line_of() { printf '%s' "$1" | tr '\n\t\r' '   ' | head -c 2000; }

# problem TEXT: what belongs to no step.
problem() {
  tell failed "$(line_of "$1")"
  outcome=1
}

# limit SECONDS COMMAND...: nothing is waited for without an end.
limit() {
  seconds=$1
  shift
  if [ -n "$limiter" ]; then timeout "$seconds" "$@"; else "$@"; fi
}

# status_of STEP: ok, failed, skipped, restored, or nothing where it was not reached.
status_of() { eval "printf '%s' \"\${status_$1-}\""; }

# step ID SCOPE EARLIER...: begins a step, unless its scope is given up or something it follows from failed.
step() {
  current=$1
  scope=$2
  shift 2
  case " $given_up " in
    *" $scope "* | *" all "*)
      finish skipped "nothing more is done in $scope"
      return 1
      ;;
  esac
  for earlier in "$@"; do
    if [ "$(status_of "$earlier")" != ok ]; then
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
  if said=$("$@" 2>&1); then finish ok; else finish failed "$said"; fi
}
