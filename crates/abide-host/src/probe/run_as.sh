# Accounts, and how something is run as one of them.

# How a command is run as another user, from root.
find_run_as() {
  run_as=
  [ "$route" != none ] || return 0
  if setpriv --reuid=0 --regid=0 --init-groups true 2>/dev/null; then
    run_as=setpriv
  elif runuser -u root -- true 2>/dev/null; then
    run_as=runuser
  elif sudo -n -u root -- true 2>/dev/null; then
    run_as=sudo
  fi
}

# The lines of the passwd database for these names. Without an answer, who is missing is not known to be absent.
passwd_lines() {
  status=0
  if command -v getent >/dev/null 2>&1; then
    passwd=$(limit 30 getent passwd "$@") || status=$?
  else
    passwd=$(while IFS= read -r line; do
      case " $* " in *" ${line%%:*} "*) printf '%s\n' "$line" ;; esac
    done </etc/passwd)
  fi
  # getent's 2: one of them is not there.
  frame passwd "$status"
  printf '%s\n' "$passwd"
}

# Takes a passwd line apart into $name, $uid, $gid and $home.
take_apart() {
  name=${1%%:*}
  fields=${1#*:*:}
  uid=${fields%%:*}
  fields=${fields#*:}
  gid=${fields%%:*}
  fields=${fields#*:*:}
  home=${fields%%:*}
  case $uid$gid in *[!0-9]* | '') return 1 ;; esac
}

as_user() {
  set -- env -i LC_ALL=C SYSTEMD_LOG_COLOR=0 TZ=UTC PATH="$PATH" HOME="$home" USER="$name" LOGNAME="$name" \
    XDG_RUNTIME_DIR="/run/user/$uid" sh -s
  case $run_as in
    setpriv) limit "$share" setpriv --reuid="$uid" --regid="$gid" --init-groups "$@" ;;
    runuser) limit "$share" runuser -u "$name" -- "$@" ;;
    sudo) limit "$share" sudo -n -u "$name" -- "$@" ;;
    *) limit "$share" "$@" ;;
  esac
}
