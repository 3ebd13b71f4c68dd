# What runs as a user can be stopped by that user, may start others that go on, may say anything and never end. So it is
# started here and nowhere else: its limit stands outside of the change of user and ends with KILL, its answer is cut,
# and it has neither the lock nor another stream of this script, which somebody would wait for.

# become_user USER: whom the commands of a user's scope run as; its numbers are known only when it exists.
become_user() {
  [ "$user" != "$1" ] || return 0
  user=
  user_id=$(limit 30 id -u "$1") || return 1
  user_group=$(limit 30 id -g "$1") || return 1
  if command -v getent >/dev/null 2>&1; then
    user_home=$(limit 30 getent passwd "$1")
  else
    user_home=$(while IFS= read -r line; do case $line in "$1:"*) printf '%s\n' "$line" ;; esac done </etc/passwd)
  fi
  user_home=${user_home%:*}
  user_home=${user_home##*:}
  user=$1
}

# in_scope SCOPE COMMAND...: as the user whose scope it is, with the address of its manager and nothing of this
# session. `systemctl --user -M` would need a D-Bus of the user's own, which many hosts do not have.
in_scope() { bounded 60 "$@"; }

# bounded SECONDS SCOPE COMMAND...: what a user's says on both streams comes by standard output, with its status.
bounded() {
  most_seconds=$1
  asked_scope=$2
  shift 2
  if [ "$asked_scope" = system ]; then
    limit "$most_seconds" "$@"
    return
  fi
  become_user "${asked_scope#user:}" || return 1
  within "$most_seconds"
  budget || return 124
  set -- env -i LC_ALL=C SYSTEMD_LOG_COLOR=0 PATH="$PATH" HOME="$user_home" USER="$user" LOGNAME="$user" SHELL=/bin/sh \
    XDG_RUNTIME_DIR="/run/user/$user_id" "$@"
  # Whoever keeps the answer open is not waited for longer than the command itself.
  {
    statuses=$(
      {
        {
          as_that_user "$@" 2>&1 3>&- 4>&- 8>&- 9>&-
          echo "c$?" >&3
        } | {
          limited $((seconds + 7)) head -c 1048576 >&4
          echo "h$?" >&3
          # Nothing comes behind what was read, or it is too much.
          [ -z "$(limited 1 head -c 1 | tr '\0' x)" ] || echo more >&3
        }
      } 3>&1
    )
  } 4>&1
  came_to=${statuses#*c}
  came_to=${came_to%%[!0-9]*}
  reading=${statuses#*h}
  reading=${reading%%[!0-9]*}
  spend
  if struck "$came_to"; then
    give_up_scope "a process of $user did not end in $seconds s and was killed"
  elif struck "$reading"; then
    give_up_scope "a process of $user kept an answer open for $((seconds + 7)) s"
    came_to=124
  fi
  case $statuses in
    *more*)
      give_up_scope "a process of $user said more than a megabyte"
      came_to=141
      ;;
  esac
  return "${came_to:-1}"
}

as_that_user() {
  if [ "$user_id" = "$own_id" ]; then
    limited "$seconds" "$@"
  else
    case $run_as in
      setpriv) limited "$seconds" setpriv --reuid="$user_id" --regid="$user_group" --init-groups -- "$@" ;;
      runuser) limited "$seconds" runuser -u "$user" -- "$@" ;;
      *) limited "$seconds" sudo -n -u "$user" -- "$@" ;;
    esac
  fi
}

# budget: all that one user's processes do may take $scope_limit seconds; fails where nothing is left of them. This is
# kept in files: most of it happens in subshells.
budget() {
  if [ -e "$work/hung/$asked_scope" ]; then
    printf '%s\n' "nothing more is asked in $asked_scope"
    return 1
  fi
  since_when=$clock
  spent=0
  [ ! -e "$work/spent/$asked_scope" ] || read -r spent <"$work/spent/$asked_scope"
  [ "$seconds" -le $((scope_limit - spent)) ] || seconds=$((scope_limit - spent))
  [ "$seconds" -gt 0 ] || seconds=1
}

spend() {
  read_seconds
  [ "$clock" -le "$since_when" ] || echo $((spent + clock - since_when)) >"$work/spent/$asked_scope"
}

# give_up_scope WHY: nothing more is asked there, so that one user costs no more than one limit.
give_up_scope() { printf '%s\n' "$1" >"$work/hung/$asked_scope"; }

# is_hung SCOPE
is_hung() { [ -e "$work/hung/$1" ]; }

# note_given_up: tells once of each scope that a limit ended.
note_given_up() {
  for hung_scope in $user_scopes; do
    is_hung "$hung_scope" || continue
    case " $told_hung " in *" $hung_scope "*) continue ;; esac
    read -r reason <"$work/hung/$hung_scope"
    problem "$reason, so nothing more is done in $hung_scope"
    given_up="$given_up $hung_scope"
    told_hung="$told_hung $hung_scope"
  done
}

# ctl SCOPE ARGUMENT...: systemctl of that scope's manager.
ctl() { ctl_within "$patience" "$@"; }

# quickly SCOPE ARGUMENT...: the same for a question that no job is behind.
quickly() { ctl_within 5 "$@"; }

ctl_within() {
  ctl_seconds=$1
  of=$2
  shift 2
  if [ "$of" = system ]; then
    limit "$ctl_seconds" systemctl --no-ask-password "$@"
  else
    bounded "$ctl_seconds" "$of" systemctl --user --no-ask-password "$@"
  fi
}
