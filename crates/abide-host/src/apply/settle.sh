# watch SCOPE UNIT HOLD: a unit that must stay up; its restarts are counted from now.
watch() {
  case " $given_up " in *" $1 "* | *" all "*) return 0 ;; esac
  watched="$watched $1|$2|$(property "$1" "$2" NRestarts)"
  [ "$3" -le "$hold" ] || hold=$3
}

# settle: waits for the longest hold, then looks once at every watched unit.
settle() {
  [ -n "$watched" ] || return 0
  tell progress "watching for $hold s that units stay up"
  sleep "$hold"
  for entry in $watched; do
    rest=${entry#*|}
    look "${entry%%|*}" "${rest%%|*}" "${rest#*|}"
  done
}

look() { # SCOPE UNIT RESTARTS
  state=$(ctl "$1" show -p ActiveState -p SubState -p Result -p NRestarts -p ConditionResult -p ExecMainStatus -- "$2" 2>/dev/null)
  field() { printf '%s\n' "$state" | sed -n "s/^$1=//p"; }
  active=$(field ActiveState)
  restarts=$(field NRestarts)
  tries=0
  while [ "$active" = activating ] && [ "$(field SubState)" != auto-restart ] && [ "$tries" -lt 20 ]; do
    tries=$((tries + 1))
    sleep 1
    state=$(ctl "$1" show -p ActiveState -p SubState -p Result -p NRestarts -p ConditionResult -- "$2" 2>/dev/null)
    active=$(field ActiveState)
  done
  case $active in
    active | reloading) [ "${restarts:-0}" -gt "${3:-0}" ] || return 0 ;;
    inactive) if [ "$(field Result)" = success ]; then return 0; fi ;;
  esac
  outcome=1
  status=$(field ExecMainStatus)
  tell unit "$1/$2" "${active:-unknown} ($(field Result)), exit status ${status:-unknown}, ${restarts:-0} restarts"
  last_words "$1" "$2"
}

# last_words SCOPE UNIT: as root from the system's journal, for many users' own is not readable to them.
last_words() {
  case $1 in
    system) set -- -u "$2" ;;
    *)
      unit=$2
      become_user "${1#user:}" || return 0
      if [ "$own_id" = 0 ]; then
        set -- "_UID=$user_id" "_SYSTEMD_USER_UNIT=$unit" + "_UID=$user_id" "USER_UNIT=$unit"
      else
        set -- --user -u "$unit"
      fi
      ;;
  esac
  limit 10 journalctl -q --no-pager -o cat -n 12 "$@" 2>/dev/null | head -c 8000 |
    while IFS= read -r text; do tell journal "$text"; done
}
