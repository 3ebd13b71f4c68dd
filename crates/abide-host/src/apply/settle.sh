# watch SCOPE UNIT HOLD TIMEOUT RESTARTS [STEP]: a unit that must stay up for so many seconds, and come up in time. RESTARTS
# is what it may have had before, empty for as many as now. Nothing is waited for that STEP, which starts it, did not try.
watch() {
  ! is_given_up "$1" || return 0
  [ $# -lt 6 ] || [ "$(status_of "$6")" != skipped ] || return 0
  watches=$((watches + 1))
  eval "watch_scope_$watches=\$1 watch_unit_$watches=\$2 watch_hold_$watches=\$3 watch_limit_$watches=\$4"
  eval "watch_restarts_$watches=\$5 watch_since_$watches="
  pending="$pending $watches"
  case " $watched_scopes " in *" $1 "*) ;; *) watched_scopes="$watched_scopes $1" ;; esac
  [ "$3" -le "$longest" ] || longest=$3
}

# $now: hundredths of a second on a clock that nobody sets.
read_clock() {
  read -r now _ </proc/uptime
  now=${now%.*}${now#*.}
}

# settle: looks at all watched units, a question a scope, until each has held or failed.
settle() {
  [ -n "$pending" ] || return 0
  tell progress "watching for $longest s that units stay up"
  read_clock
  settling_since=$now
  while :; do
    read_clock
    read_seconds
    for watched in $watched_scopes; do
      is_hung "$watched" || look_at "$watched"
      ! is_hung "$watched" || give_up_watching "$watched"
    done
    [ -n "$pending" ] || break
    sleep 1
  done
  note_given_up
}

# give_up_watching SCOPE: nothing is known of its units any more.
give_up_watching() {
  left=
  for number in $pending; do
    eval "where=\$watch_scope_$number"
    [ "$where" = "$1" ] || left="$left $number"
  done
  pending=$left
}

settle_properties=ActiveState,SubState,Result,NRestarts,ConditionResult,ConditionTimestampMonotonic,ExecMainStatus,Type
settle_properties=$settle_properties,$run_properties,ActiveEnterTimestampMonotonic

look_at() { # SCOPE
  numbers=
  names=
  for number in $pending; do
    eval "where=\$watch_scope_$number unit=\$watch_unit_$number"
    [ "$where" = "$1" ] || continue
    numbers="$numbers $number"
    names="$names $unit"
  done
  [ -n "$names" ] || return 0
  # shellcheck disable=SC2086 # words
  show "$1" "$settle_properties" $names
  # The units are known by their numbers here.
  # shellcheck disable=SC2086 # words
  each_shown judge_shown $numbers
  forget_shown
  for number in $unanswered; do
    active=unknown
    judge "$number"
  done
}

judge_shown() {
  [ -n "$active" ] || active=unknown
  judge "$1"
}

# took_too_long SECONDS: fails where the start of what was shown took longer, or has taken longer by now. What systemd notes
# for it is in microseconds of the clock that /proc/uptime has in hundredths of a second, as long as nothing is suspended.
took_too_long() {
  [ "${began:-0}" -gt 0 ] || return 0
  if [ "$active" = activating ]; then
    took=$((now / 100 - began / 1000000))
  elif [ "${came:-0}" -gt "$began" ]; then
    took=$(((came - began) / 1000000))
  else
    return 0
  fi
  [ "$took" -le "$1" ]
}

# is_held_back SCOPE UNIT: whether conditions hold a unit back, of which its manager has forgotten how it was started last.
is_held_back() {
  manager=--user
  [ "$1" != system ] || manager=--system
  # Before 252 this would take the place of a user's running manager (scope.sh of the probe), and before 250 it is not there.
  if [ "$systemd" -lt 250 ] || { [ "$systemd" -lt 252 ] && [ $manager = --user ]; }; then
    was_skipped "$1" "$2"
    return
  fi
  said=$(in_scope "$1" systemd-analyze --no-pager $manager condition --unit="$2" 2>&1)
  case $newline$said$newline in *"${newline}Conditions failed.$newline"*) ;; *) return 1 ;; esac
}

# was_skipped SCOPE UNIT: whether that is the last thing which its manager has written about it; the journal may be late.
was_skipped() {
  for pause in 0.3 1 ''; do
    case $(journal_of 1 "$1" "$2") in
      'Condition check resulted in '*' being skipped.' | *' was skipped because of '*) return 0 ;;
    esac
    [ -n "$pause" ] || return 1
    sleep "$pause"
  done
}

# judge NUMBER: whether that watch has held, has failed, or goes on.
judge() {
  eval "base=\$watch_restarts_$1 since=\$watch_since_$1 hold=\$watch_hold_$1 most=\$watch_limit_$1"
  if [ -z "$base" ]; then
    base=${restarts:-0}
    eval "watch_restarts_$1=\$base"
  fi
  verdict=open
  late=
  took_too_long "$most" || late=yes
  case $active in
    active | reloading | refreshing)
      # systemd before 235 does not count restarts of services: each is another run.
      if [ -z "$restarts" ] && [ -n "$type" ] && [ -n "$run" ]; then
        eval "first_run=\${watch_run_$1-}"
        [ -n "$first_run" ] || eval "watch_run_$1=\$run first_run=\$run"
        # shellcheck disable=SC2154 # set by eval
        [ "$first_run" = "$run" ] || restarts=$((base + 1))
      fi
      if [ "${restarts:-0}" -gt "$base" ] || [ -n "$late" ]; then
        verdict=failed
      elif [ -z "$since" ]; then
        eval "watch_since_$1=$now"
        since=$now
      fi
      if [ "$verdict" = open ] && [ $((now - since)) -ge $((hold * 100)) ]; then verdict=held; fi
      ;;
    activating) if [ "$sub" = auto-restart ] || [ -n "$late" ]; then verdict=failed; fi ;;
    failed) verdict=failed ;;
    inactive)
      # A condition may hold a unit back, and a oneshot ends when it is done. A unit that systemd has forgotten, for
      # nothing needs it, shows no time of its condition.
      if { [ "$condition" = no ] && [ "${tested:-0}" != 0 ]; } || { [ "$type" = oneshot ] && [ "$result" = success ]; }; then
        verdict=held
      elif [ "${tested:-0}" = 0 ] && eval "is_held_back \"\$watch_scope_$1\" \"\$watch_unit_$1\""; then
        verdict=held
      else
        verdict=failed
      fi
      ;;
  esac
  if [ "$verdict" = open ] && [ $((now - settling_since)) -ge $(((most + hold) * 100)) ]; then verdict=failed; fi
  # Nor is a watch longer than the time for this host.
  if [ "$verdict" = open ] && [ "$clock" -ge $((ends + longest)) ]; then verdict=failed; fi
  [ "$verdict" != open ] || return 0
  left=
  for number in $pending; do [ "$number" = "$1" ] || left="$left $number"; done
  pending=$left
  [ "$verdict" = held ] || report_unit "$1"
}

report_unit() { # NUMBER
  outcome=1
  eval "where=\$watch_scope_$1 unit=\$watch_unit_$1"
  text="$active${result:+ ($result)}"
  [ -z "$late" ] || text="$active, its start took longer than its limit of $most s"
  [ "$sub" != auto-restart ] || text="waiting to be restarted${result:+ ($result)}"
  case $status in '' | 0) ;; *) text="$text, exit status $status" ;; esac
  case $restarts in '' | 0) ;; 1) text="$text, 1 restart" ;; *) text="$text, $restarts restarts" ;; esac
  tell unit "$where/$unit" "$text"
  last_words "$where" "$unit"
}

# last_words SCOPE UNIT
last_words() {
  journal_of 12 "$1" "$2" | while IFS= read -r text; do tell journal "$text"; done
}

# journal_of LINES SCOPE UNIT: as root from the system's journal, for many users' own is not readable to them.
journal_of() {
  lines=$1
  shift
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
  limit 10 journalctl -q --no-pager -o cat -n "$lines" "$@" 2>/dev/null | head -c 8000
}
