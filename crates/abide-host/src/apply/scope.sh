# become_user USER: who the commands of a user's scope run as; its numbers are known only when it exists.
become_user() {
  [ "$user" = "$1" ] && return 0
  user=
  user_id=$(id -u "$1") && user_group=$(id -g "$1") || return 1
  user_home=$(getent passwd "$1" | cut -d: -f6)
  user=$1
}

# in_scope SCOPE COMMAND...: as the user whose scope it is, with the address of its manager and nothing of this
# session. `systemctl --user -M` would need a D-Bus of the user's own, which many hosts do not have.
in_scope() {
  case $1 in
    system)
      shift
      "$@"
      ;;
    *)
      become_user "${1#user:}" || return 1
      shift
      set -- env -i LC_ALL=C PATH="$PATH" HOME="$user_home" USER="$user" LOGNAME="$user" SHELL=/bin/sh \
        XDG_RUNTIME_DIR="${runtime_dir:-/run/user/$user_id}" "$@"
      if [ "$user_id" = "$own_id" ]; then
        "$@"
      else
        case $run_as in
          setpriv) setpriv --reuid="$user_id" --regid="$user_group" --init-groups -- "$@" ;;
          runuser) runuser -u "$user" -- "$@" ;;
          *) sudo -n -u "$user" -- "$@" ;;
        esac
      fi
      ;;
  esac
}

# ctl SCOPE ARGUMENT...: systemctl of that scope's manager.
ctl() {
  of=$1
  shift
  case $of in
    system) limit "$patience" systemctl --no-ask-password "$@" ;;
    *) in_scope "$of" timeout "$patience" systemctl --user --no-ask-password "$@" ;;
  esac
}

# property SCOPE UNIT NAME
property() { ctl "$1" show --value -p "$3" -- "$2" 2>/dev/null; }
