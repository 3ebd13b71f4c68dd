# become_user USER: whom the commands of a user's scope run as; its numbers are known only when it exists.
become_user() {
  [ "$user" != "$1" ] || return 0
  user=
  user_id=$(id -u "$1") || return 1
  user_group=$(id -g "$1") || return 1
  if command -v getent >/dev/null 2>&1; then
    user_home=$(limit 30 getent passwd "$1")
  else
    user_home=$(grep "^$1:" /etc/passwd)
  fi
  user_home=${user_home%:*}
  user_home=${user_home##*:}
  user=$1
}

# in_scope SCOPE COMMAND...: as the user whose scope it is, with the address of its manager and nothing of this
# session. `systemctl --user -M` would need a D-Bus of the user's own, which many hosts do not have. A user's process
# does not get the lock.
in_scope() {
  if [ "$1" = system ]; then
    shift
    "$@"
    return
  fi
  become_user "${1#user:}" || return 1
  shift
  set -- env -i LC_ALL=C PATH="$PATH" HOME="$user_home" USER="$user" LOGNAME="$user" SHELL=/bin/sh \
    XDG_RUNTIME_DIR="${runtime_dir:-/run/user/$user_id}" "$@"
  if [ "$user_id" = "$own_id" ]; then
    "$@" 9>&-
  else
    case $run_as in
      setpriv) setpriv --reuid="$user_id" --regid="$user_group" --init-groups -- "$@" 9>&- ;;
      runuser) runuser -u "$user" -- "$@" 9>&- ;;
      *) sudo -n -u "$user" -- "$@" 9>&- ;;
    esac
  fi
}

# ctl SCOPE ARGUMENT...: systemctl of that scope's manager.
ctl() {
  of=$1
  shift
  if [ "$of" = system ]; then
    limit "$patience" systemctl --no-ask-password "$@"
  else
    # shellcheck disable=SC2086 # words
    in_scope "$of" $limiter_words systemctl --user --no-ask-password "$@"
  fi
}
