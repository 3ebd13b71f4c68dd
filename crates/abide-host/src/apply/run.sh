# take_lock WHO PLAN URL: held by this process until it ends, however it ends.
take_lock() {
  (umask 077 && mkdir -p -- "$state" && chmod 700 -- "$state") || stop_here "$state cannot be made"
  if has_flock; then
    # A redirection that fails would end the shell without a word.
    (umask 077 && : >>"$lock") 2>/dev/null || stop_here "$lock cannot be opened"
    exec 9>>"$lock"
    # Who looks whether it is held has it for a moment.
    flock -n 9 || sleep 1
    until flock -n 9; do wait_for_lock; done
    lock_body "$@" >"$lock"
  else
    until mkdir -m 700 -- "$lock.d" 2>/dev/null || steal_lock; do wait_for_lock; done
    echo "$$ $(process_began $$)" >"$lock.d/pid"
    lock_body "$@" >"$lock.d/holder"
  fi
  begin_time
}

lock_body() {
  since=$(date +%s)
  printf 'id=%s\nwho=%s\noperation=%s\nsince=%s\npid=%s\nplan=%s\nurl=%s\n' "$$.$since" "$1" "$operation" "$since" $$ "$2" "$3"
}

# wait_for_lock: a second, if there is time left. Who went away meanwhile does not want this done later.
waited=0
wait_for_lock() {
  [ "$waited" -lt "$lock_timeout" ] || locked
  if [ $((waited % 15)) = 0 ]; then
    tell waiting "$((lock_timeout - waited)) $(lock_told | tr '\n' '\t')"
  fi
  printf '\n' 2>/dev/null || exit 1
  sleep 1
  waited=$((waited + 1))
}

# Only one of several can rename the directory of a process that is gone.
steal_lock() {
  [ -z "$(lock_holders)" ] || return 1
  mv -- "$lock.d" "$lock.d.$$" 2>/dev/null && rm -rf -- "$lock.d.$$"
  mkdir -m 700 -- "$lock.d" 2>/dev/null
}

locked() {
  tell locked "$(lock_told | tr '\n' '\t')"
  end_run 1
}

# Nothing is done on a host that somebody suspended, be it after the plan was made.
check_suspension() {
  [ -r "$suspended" ] || return 0
  until=
  while IFS='=' read -r key value; do
    [ "$key" != until ] || until=$value
  done <"$suspended"
  case $until in '' | *[!0-9]*) return 0 ;; esac
  [ "$until" -gt "$(date +%s)" ] || return 0
  tell suspended "$(head -c 2000 "$suspended" | tr '\n' '\t')"
  end_run 1
}

# Where contents wait, for nobody else to see. What an earlier run left behind that was cut goes first.
make_work() {
  set +f
  rm -rf -- "$state"/work.*
  set -f
  work=$state/work.$$
  (umask 077 && mkdir -- "$work" "$work/new" "$work/old" "$work/check" "$work/hung" "$work/spent") ||
    stop_here "no room in $state"
}

clean_up() {
  tidy
  rm -rf -- "$work"
  if has_flock; then : >"$lock"; else rm -rf -- "$lock.d"; fi
}

# Facts that the plan stands on, checked again now that nobody else can be at it. What is already as it should be is
# fine. What a user can change keeps nobody else from their change: that user's scope is left alone, and the rest is as
# it was reviewed.

# stale SCOPE WHAT PLANNED NOW
stale() {
  tell stale "$(line_of "$2: planned from $3, now $4")"
  case $1 in
    system) is_stale=yes ;;
    *)
      outcome=1
      is_given_up "$1" || given_up="$given_up $1"
      ;;
  esac
}

# PATH PLANNED TARGET...: a line `NUMBER STATE` for each path that is neither.
# shellcheck disable=SC2016 # this text is for another shell
checker='
number=0
while [ $# -gt 2 ]; do
  if [ -L "$1" ]; then
    now=symlink
  elif [ -f "$1" ]; then
    size=$(stat -c %s -- "$1")
    if [ ${#size} -ge 10 ]; then
      # What a probe says of a large file.
      now=$(stat -L -c "large %s %Z" -- "$1" | sha256sum)
    else
      now=$(sha256sum <"$1" 2>/dev/null) || now=unreadable
    fi
    now=${now%% *}
  elif [ -e "$1" ]; then
    now=other
  else
    now=absent
  fi
  case $now in
    "$2" | "$3") ;;
    *) echo "$number $now" ;;
  esac
  number=$((number + 1))
  shift 3
done'

# expect_files SCOPE PATH PLANNED TARGET...
expect_files() {
  checked=$1
  shift
  if [ "$checked" != system ] && ! become_user "${checked#user:}" 2>/dev/null; then
    # A user that is not there has no files.
    changes=
    number=0
    for word do
      case $((number % 3)):$word in 1:absent | 0:* | 2:*) ;; 1:*) changes="$changes$((number / 3)) absent$newline" ;; esac
      number=$((number + 1))
    done
  else
    changes=$(in_scope "$checked" sh -c "$checker" sh "$@" 2>&1)
    # Who does not let their files be looked at keeps nobody else from their change.
    ! is_hung "$checked" || return 0
  fi
  [ -n "$changes" ] || return 0
  # A line a file is what there can be, whatever a user's process prints.
  changes=$(printf '%s\n' "$changes" | head -n $(($# / 3)))
  moved=
  number=0
  while [ $# -gt 2 ]; do
    while read -r index state; do
      [ "$index" = "$number" ] || continue
      moved=yes
      stale "$checked" "$1" "$(short "$2")" "$(short "$state")"
      break
    done <<CHANGES
$changes
CHANGES
    number=$((number + 1))
    shift 3
  done
  [ -n "$moved" ] || stale "$checked" "files of $checked" "what they were" "$changes"
}

# The beginning of a digest is enough for people.
short() {
  case $1 in ????????????????????????????????*) printf '%.12s' "$1" ;; *) printf '%s' "$1" ;; esac
}

expect_user() { # USER UID
  state_now=$(id -u "$1" 2>/dev/null) || state_now=absent
  [ "$state_now" = "$2" ] || stale system "user $1" "$2" "$state_now"
}

expect_linger() { # USER PLANNED TARGET
  linger_record "$1"
  if [ -e "$record" ]; then state_now=on; else state_now=off; fi
  # Users may have the right to switch their own.
  case $state_now in "$2" | "$3") ;; *) stale "user:$1" "lingering of $1" "$2" "$state_now" ;; esac
}

# expect_runs SCOPE UNIT INVOCATION...: these runs of these units still go on, or systemd itself has begun another: a unit that
# keeps crashing is no other by the second. `systemctl restart` counts from nothing again (systemd-facts.md#counting-restarts).
expect_runs() {
  checked=$1
  shift
  names=
  planned_runs=
  while [ $# -gt 1 ]; do
    names="$names $1"
    planned_runs="$planned_runs $1=$2"
    shift 2
  done
  # shellcheck disable=SC2086 # names of units
  show "$checked" "$run_properties,NRestarts" $names
  ! is_hung "$checked" || return 0
  # shellcheck disable=SC2086 # names of units
  each_shown expect_run $names
  for unit in $unanswered; do expect_no_run "$unit" "no answer"; done
}

expect_run() {
  case "$planned_runs :${restarts:-0}" in
    *" $1=$run "*) ;;
    *:0) expect_no_run "$1" "${run:-none}" ;;
  esac
}

expect_no_run() { # UNIT NOW
  planned=${planned_runs#*" $1="}
  stale "$checked" "$1" "run $(short "${planned%% *}")" "$2"
}

# all_ok STEP...
all_ok() {
  for id do
    eval "status=\${status_$id-}"
    [ "$status" = ok ] || return 1
  done
}

# entry AFTER CLAIMED STEP...: a line of the ledger, as planned where its steps succeeded, else as it was claimed.
entry() {
  after=$1
  claimed=$2
  shift 2
  if all_ok "$@"; then printf '%s' "$after"; else printf '%s' "$claimed"; fi
}

# PATH: what stands there, as a probe says it.
# shellcheck disable=SC2016 # this text is for another shell
reader='
if [ -f "$1" ]; then
  size=$(stat -L -c %s -- "$1")
  if [ ${#size} -ge 10 ]; then
    now=$(stat -L -c "large %s %Z" -- "$1" | sha256sum)
  else
    now=$(sha256sum <"$1")
  fi
elif [ -e "$1" ] || [ -L "$1" ]; then
  now=
else
  now=none
fi 2>/dev/null
printf %s "${now%% *}"
'

# read_entry SCOPE KEY PATH STEP...: the line of a file that a unit has read and at which nobody could look before, with what
# stands there now.
read_entry() {
  of_scope=$1
  of_key=$2
  of_path=$3
  shift 3
  all_ok "$@" || return 0
  found=$(in_scope "$of_scope" sh -c "$reader" sh "$of_path" </dev/null 2>/dev/null) || found=
  # What a user says of a file of theirs is a digest or nothing.
  case $found in
    none) ;;
    *[!0-9a-f]*) found=- ;;
    *) [ ${#found} = 64 ] || found=- ;;
  esac
  printf '%s %s %s\n' "$of_key" "$found" "$found"
}

# made_entry user|linger USER LINE STEP...: what only this run claims is ours where it succeeded, or came to be all the same.
made_entry() {
  made_what=$1
  made_user=$2
  made_line=$3
  shift 3
  if all_ok "$@" || is_made "$made_what" "$made_user"; then printf '%s' "$made_line"; fi
}

is_made() {
  case $1 in
    user) limit 30 id -u "$2" >/dev/null 2>&1 ;;
    linger) linger_record "$2" && [ -e "$record" ] ;;
  esac
}

# of_users_there: lines of the ledger without those about users that could not be made and are not there.
of_users_there() {
  if [ -z "$unmade" ]; then
    cat
    return
  fi
  while IFS= read -r line; do
    about=${line#* }
    # Nobody makes a user whose name is written in another way here.
    about=${about%% *}
    case $line in linger\ * | attribute\ *) about=user:$about ;; esac
    case " $unmade " in *" $about "*) ;; *) printf '%s\n' "$line" ;; esac
  done
}

# run_entry SCOPE UNIT BEFORE AFTER CLAIMED STEP...: the same, with the unit's run of now in the middle.
run_entry() {
  of_scope=$1
  of_unit=$2
  before_run=$3
  shift 3
  after=$1
  claimed=$2
  shift 2
  if all_ok "$@"; then
    invocation=$(invocation_of "$of_scope" "$of_unit")
    printf '%s%s%s' "$before_run" "${invocation:--}" "$after"
  else
    printf '%s' "$claimed"
  fi
}
