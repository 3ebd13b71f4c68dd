# start_manager USER: lingering lets it start; this waits until it is ready, then asks it once. No sleep.
start_manager() {
  become_user "$1" || return 1
  limit "$patience" systemctl --no-ask-password start "user@$user_id.service" || {
    journalctl -q --no-pager -o cat -n 5 -u "user@$user_id.service" 2>/dev/null
    return 1
  }
  ctl "user:$1" show --value -p Version >/dev/null
}

# manager_step USER: without its manager nothing more can be done in a user's scope.
manager_step() {
  if said=$(start_manager "$1" 2>&1); then
    finish ok
  else
    finish failed "user@$(id -u "$1").service, the manager of $1, does not start: $said"
    given_up="$given_up user:$1"
  fi
}

create_user() { # HOME USERADD-ARGUMENT...
  mkdir -p -- "${1%/*}/"
  shift
  useradd "$@"
}

delete_user() { # USER USERDEL-ARGUMENT...
  become_user "$1" || return 1
  limit "$patience" systemctl --no-ask-password stop "user@$user_id.service" "user-$user_id.slice" || :
  shift
  userdel "$@"
}
