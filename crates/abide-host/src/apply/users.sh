# start_manager start|restart USER: lingering lets it start; root waits until it is ready and finds it answering at once.
start_manager() {
  become_user "$2" || return 1
  if [ "$own_id" = 0 ]; then
    limit "$patience" systemctl --no-ask-password "$1" "user@$user_id.service" || {
      limit 10 journalctl -q --no-pager -o cat -n 5 -u "user@$user_id.service" 2>/dev/null
      return 1
    }
  fi
  # Without root lingering lets it start by itself, which takes a moment.
  for pause in 0 1 1 2 3; do
    sleep "$pause"
    if said=$(ctl "user:$2" show -p Version 2>&1); then return 0; fi
  done
  printf '%s\n' "$said"
  return 1
}

# manager_step start|restart USER: without its manager nothing more can be done in a user's scope.
manager_step() {
  become_user "$2" || :
  if said=$(start_manager "$1" "$2" 2>&1); then
    finish ok
  else
    finish failed "user@${user_id-}.service, the manager of $2, does not $1: $said"
    given_up="$given_up user:$2"
  fi
}

# account_tool NAME ARGUMENT...: useradd, usermod, userdel; busybox has other tools for it, with other rules.
account_tool() {
  command -v "$1" >/dev/null 2>&1 || {
    echo "this host has no $1: abide manages accounts with the tools of shadow (or of its distribution's like)" >&2
    return 1
  }
  limit 60 "$@"
}

create_user() { # HOME USERADD-ARGUMENT... NAME
  limit 30 mkdir -p -- "${1%/*}/" || return 1
  shift
  account_tool useradd "$@" || return 1
  while [ $# -gt 1 ]; do shift; done
  await_cleanup "$1"
}

# await_cleanup USER: logind keeps what it knows of a user for ten seconds (`UserStopDelaySec=`), and stops the manager
# of whoever has that id by then. Seen on 257, where the manager of a new user stayed unknown to logind.
await_cleanup() {
  user_id=$(limit 30 id -u "$1") || return 0
  for pause in 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1; do
    [ -e "/run/systemd/users/$user_id" ] || break
    sleep "$pause"
  done
  user=
}

# create_step USER HOME USERADD-ARGUMENT...: where the user cannot be made nothing of it can be done, and nothing is waited for.
create_step() {
  new_user=$1
  shift
  if said=$(create_user "$@" 2>&1); then
    finish ok
  else
    finish failed "$(explained $? "$said")"
    limit 30 id -u "$new_user" >/dev/null 2>&1 || unmade="$unmade user:$new_user"
  fi
}

# delete_user USER end|spare USERDEL-ARGUMENT...: nothing of the user's manager runs any more when it goes; whatever else
# runs as this user ends only where that is said.
delete_user() {
  become_user "$1" || return 1
  limit "$patience" systemctl --no-ask-password stop "user@$user_id.service" "user-$user_id.slice" || :
  [ "$2" != end ] || end_processes "$user_id"
  user=
  [ "$3" != -r ] || remove_home "$1" "$user_id" "$user_home" || return 1
  gone=$1
  shift 2
  account_tool userdel "$@" && return 0
  # What else it did not remove, such as somebody else's file in /var/mail, is no part of what was asked for.
  ! limit 30 id -u "$gone" >/dev/null 2>&1
}

# remove_home USER UID HOME: before the account, for `userdel -r` deletes that first, and where the home cannot be removed
# then, nobody is left whose home it was. What userdel(8) would not remove is not removed here either.
remove_home() {
  [ -e "$3" ] || [ -L "$3" ] || return 0
  if [ -L "$3" ] || [ ! -d "$3" ]; then
    printf '%s\n' "its home $3 is no directory, so neither is removed: remove it there, or declare \`remove_home: false\`" >&2
    return 1
  fi
  if [ "$(limit 10 stat -c %u -- "$3")" != "$2" ]; then
    printf '%s\n' "its home $3 belongs to another user, so neither is removed: remove it there, or declare \`remove_home: false\`" >&2
    return 1
  fi
  others=$(limit 30 sed -n 's/^\([^:]*\):[^:]*:[^:]*:[^:]*:[^:]*:\([^:]*\):.*/\1 \2/p' /etc/passwd | while read -r other at; do
    case $at/ in "$3"/*) [ "$other" = "$1" ] || printf ' %s' "$other" ;; esac
  done)
  if [ -n "$others" ]; then
    printf '%s\n' "in its home $3 is the home of$others, so neither is removed" >&2
    return 1
  fi
  if [ -n "$(processes_of "$2")" ]; then
    echo "something runs as this user, so neither is removed" >&2
    return 1
  fi
  limit "$patience" rm -rf -- "$3" && return 0
  printf '%s\n' "its home $3 cannot be removed, so the user is kept" >&2
  return 1
}

# end_processes UID
end_processes() {
  for pause in 1 1 1 2; do
    found=$(processes_of "$1")
    [ -n "$found" ] || return 0
    # shellcheck disable=SC2086 # numbers
    kill -TERM $found 2>/dev/null || :
    sleep "$pause"
  done
  # shellcheck disable=SC2046 # numbers
  kill -KILL $(processes_of "$1") 2>/dev/null || :
  sleep 1
}

processes_of() (
  set +f
  stat -c '%u %n' /proc/[0-9]* 2>/dev/null | sed -n "s|^$1 /proc/||p"
)
