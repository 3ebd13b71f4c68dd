# stop_here TEXT: before the first change.
stop_here() {
  problem "$1"
  tell end
  exit 1
}

# take_lock WHO: held by this process until it ends, however it ends.
take_lock() {
  mkdir -p -- "$state" || stop_here "$state cannot be made"
  if command -v flock >/dev/null 2>&1; then
    exec 9>>"$lock" || stop_here "$lock cannot be opened"
    if ! flock -n 9; then locked "$lock"; fi
    holder "$1" >"$lock"
  else
    if ! mkdir -- "$lock.d" 2>/dev/null; then
      pid=$(cat "$lock.d/pid" 2>/dev/null)
      if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then locked "$lock.d/holder"; fi
    fi
    echo $$ >"$lock.d/pid"
    holder "$1" >"$lock.d/holder"
  fi
}

holder() { printf 'who=%s\noperation=apply\nsince=%s\npid=%s\n' "$1" "$(date +%s)" $$; }

locked() {
  tell locked "$(head -c 1000 "$1" 2>/dev/null | tr '\n' '\t')"
  tell end
  exit 1
}

# Where contents wait, for nobody else to read; only the directory of files to verify is open.
make_work() {
  rm -rf -- "$state"/work.*
  work=$state/work.$$
  umask 077
  mkdir -- "$work" "$work/new" "$work/old" "$work/verify" || stop_here "no room in $state"
  chmod 711 "$work"
  chmod 755 "$work/verify"
  umask 022
}

clean_up() {
  rm -rf -- "$work"
  if [ -d "$lock.d" ]; then rm -rf -- "$lock.d"; fi
}

# Facts that the plan stands on, checked again now that nobody else can be at it. What is already as it should be is fine.
stale() {
  tell stale "$(line_of "$1: planned from $2, now $3")"
  is_stale=yes
}

# shellcheck disable=SC2016 # this text is for another shell
expect_file() { # SCOPE PATH PLANNED TARGET
  case $1 in user:*) become_user "${1#user:}" 2>/dev/null || { now=absent; false; } ;; esac &&
    now=$(in_scope "$1" sh -c 'if [ -f "$1" ] && ! [ -L "$1" ]; then sha256sum <"$1"; elif [ -e "$1" ] || [ -L "$1" ]; then echo other; else echo absent; fi' sh "$2" 2>/dev/null)
  now=${now%% *}
  case $now in "$3" | "$4") ;; *) [ "$3" = other ] || stale "$2" "$3" "${now:-unreadable}" ;; esac
}

expect_user() { # USER UID
  now=$(id -u "$1" 2>/dev/null) || now=absent
  [ "$now" = "$2" ] || stale "user $1" "$2" "$now"
}

expect_linger() { # USER PLANNED TARGET
  if [ -e "/var/lib/systemd/linger/$1" ]; then now=on; else now=off; fi
  case $now in "$2" | "$3") ;; *) stale "lingering of $1" "$2" "$now" ;; esac
}

expect_run() { # SCOPE UNIT INVOCATION
  now=$(property "$1" "$2" InvocationID)
  [ "$now" = "$3" ] || stale "$2" "run $3" "${now:-not running}"
}

# verify SCOPE FILE...: the host's own systemd reads the staged files before anything is touched.
verify() {
  verify_scope=$1
  shift
  if ! command -v systemd-analyze >/dev/null 2>&1; then return 0; fi
  mode=--system
  runtime_dir=$work/verify/run
  mkdir -p -- "$runtime_dir"
  case $verify_scope in
    user:*)
      mode=--user
      # A user that does not exist yet is verified for as who we are.
      if become_user "${verify_scope#user:}" 2>/dev/null; then
        [ "$user_id" = "$own_id" ] || chown -- "$user" "$runtime_dir"
      else
        verify_scope=system
        export XDG_RUNTIME_DIR="$runtime_dir"
      fi
      ;;
  esac
  if ! said=$(in_scope "$verify_scope" timeout "$patience" systemd-analyze --no-pager "$mode" verify "$@" 2>&1); then
    problem "the host's systemd refuses the new files, so nothing was changed: $(printf '%s' "$said" | sed "s|$work/verify/[0-9]*/||g")"
    given_up="$given_up all"
  fi
  rm -rf -- "$runtime_dir"
  runtime_dir=
}

# write_ledger: standard input becomes the ledger, whole or not at all.
write_ledger() {
  if mkdir -p -- "${ledger%/*}" && chmod 700 "${ledger%/*}" &&
    (umask 077 && cat >"${ledger%/*}/.new") && mv -f -- "${ledger%/*}/.new" "$ledger"; then
    return 0
  fi
  problem "the ledger $ledger could not be written"
}

# left_unit SCOPE UNIT STEP CONFIG ENABLED CLAIM: the line of a unit whose run this plan changed.
left_unit() {
  if [ "$(status_of "$3")" = ok ]; then
    invocation=$(property "$1" "$2" InvocationID)
    printf 'unit %s %s %s %s %s\n' "$1" "$7" "${invocation:--}" "$4" "$5"
  else
    printf '%s' "$6"
  fi
}
