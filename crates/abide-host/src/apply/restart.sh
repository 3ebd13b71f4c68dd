# systemctl asks for one unit after the other, and each is a transaction of its own: a unit that has restarted by the
# time one that it requires is asked for restarts a second time (seen on 252 and 257 with thirty units between them).
# So what restarts along with another unit of the call is not asked for, unless it did not.

# restart_each_once: $names in $batch_scope; $said and $ended are what systemctl comes to.
restart_each_once() {
  # shellcheck disable=SC2086 # words
  show "$batch_scope" "$run_properties,RequiredBy,RequisiteOf,BoundBy,ConsistsOf,PropagatesStopTo" $names
  find_leads
  # shellcheck disable=SC2086 # words
  said=$(ctl_within "$batch_seconds" "$batch_scope" restart -- $leads 2>&1)
  ended=$?
  [ -z "$followers" ] || restart_followers
}

# $leads: what others restart along with, and all that stand alone; $followers: the others; $were: UNIT=RUN of each.
find_leads() {
  along=
  were=
  # shellcheck disable=SC2086 # words
  each_shown note_lead $names
  leads=
  followers=
  for unit in $names; do
    case " $along " in *" $unit "*) followers="$followers $unit" ;; *) leads="$leads $unit" ;; esac
  done
  [ -n "$leads" ] || { leads=$names && followers=; }
}

# In a circle the first one leads.
note_lead() {
  were="$were $1=$run"
  case " $along " in *" $1 "*) ;; *) along="$along $with" ;; esac
}

# systemctl did not wait for these. Those on their way are waited for, and what went on with its old run, or is down, is
# restarted.
restart_followers() {
  look_at_followers
  ask_too start "$on_their_way"
  if [ -n "$on_their_way" ]; then
    behind=$left_out
    followers=$on_their_way
    look_at_followers
    left_out="$behind $left_out"
  fi
  ask_too restart "$left_out"
}

# $on_their_way: those of $followers that have a job; $left_out: those that were not restarted.
look_at_followers() {
  # shellcheck disable=SC2086 # words
  show "$batch_scope" "$run_properties,ActiveState,Result,Job" $followers
  on_their_way=
  left_out=
  # shellcheck disable=SC2086 # words
  each_shown judge_follower $followers
  # Of what has no answer nothing is known.
  left_out="$left_out $unanswered"
}

judge_follower() {
  case ${job:-0} in 0) ;; *) on_their_way="$on_their_way $1" && return ;; esac
  case $active:" $were " in
    failed:*" $1=$run "*) left_out="$left_out $1" ;;
    failed:*)
      said="$said$newline$1 restarted along with another unit and failed ($result)"
      ended=1
      ;;
    inactive:* | *" $1=$run "*) left_out="$left_out $1" ;;
  esac
}

# ask_too VERB UNITS
ask_too() {
  verb_too=$1
  # shellcheck disable=SC2086 # words
  set -- $2
  [ $# -gt 0 ] || return 0
  said_too=$(ctl_within "$batch_seconds" "$batch_scope" "$verb_too" -- "$@" 2>&1) || ended=$?
  said="$said${said_too:+$newline$said_too}"
}
