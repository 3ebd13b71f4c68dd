# Names of units have neither blanks nor patterns, and `set -f` holds: lists of them are words.

# batch VERB SCOPE SECONDS, then `member`s, then `flush`: one systemctl call for all units of a verb, which is waited for that
# long.
batch() {
  verb=$1
  batch_scope=$2
  batch_seconds=$3
  members=
  gone_for_good=
}

# member ID UNIT EARLIER...
member() {
  id=$1
  unit=$2
  shift 2
  step "$id" "$batch_scope" "$@" || return 0
  members="$members $id:$unit"
}

# member_goes ID UNIT EARLIER...: one that does not come back.
member_goes() {
  member "$@" && gone_for_good="$gone_for_good $2"
}

flush() {
  [ -n "$members" ] || return 0
  names=
  for pair in $members; do names="$names ${pair#*:}"; done
  read_clock
  asked_at=$now
  if [ "$verb" = restart ] && [ "${members# * }" != "$members" ]; then
    restart_each_once
  else
    # shellcheck disable=SC2086 # words
    said=$(ctl_within "$batch_seconds" "$batch_scope" "$verb" -- $names 2>&1)
    ended=$?
  fi
  still=
  over=
  spoiled=
  forgotten=
  if struck "$ended"; then
    wait_for_stops
  elif [ "$ended" != 0 ]; then
    # Of what is no service systemctl says only that a job failed.
    note_still
  fi
  # A unit that its manager has forgotten, for nothing needs it, shows nothing of its condition.
  for unit in $forgotten; do
    if (is_held_back "$batch_scope" "$unit"); then over="$over $unit"; fi
  done
  [ -z "$gone_for_good" ] || note_killed
  blamed=$spoiled
  for pair in $members; do
    if [ $ended != 0 ] && { blames "${pair#*:}" || is_gone "${pair#*:}"; }; then blamed=yes; fi
  done
  for pair in $members; do
    current=${pair%%:*}
    unit=${pair#*:}
    if [ $ended = 0 ]; then
      done_with
    elif blames "$unit"; then
      finish failed "$(lines_about "$unit")"
    elif is_over "$unit" || is_gone "$unit"; then
      done_with
    elif is_spoiled "$unit"; then
      finish failed "$unit failed"
    elif [ -n "$blamed" ] && ! struck $ended; then
      done_with
    else
      # What systemctl had said by then is of those that it blames.
      [ -z "$blamed" ] && rest=$said || rest=
      finish failed "$(explained $ended "$(what_goes_on "$unit")$rest")"
    fi
  done
}

done_with() {
  finish ok
  [ "$verb" != stop ] || stopped="$stopped $batch_scope|$unit"
}

# wait_for_stops: the time of a start begins when what ran before has stopped, and that may take until $patience is over.
wait_for_stops() {
  read_seconds
  latest=$clock
  last=$((clock + patience - batch_seconds))
  [ "$last" -le "$ends" ] || last=$ends
  note_still
  while [ "$verb" != stop ] && [ -n "$still" ] && ! is_hung "$batch_scope"; do
    case $still in *:stopping*) latest=$((clock + batch_seconds)) ;; esac
    if [ "$clock" -ge "$latest" ] || [ "$clock" -ge "$last" ]; then break; fi
    sleep 1
    read_seconds
    note_still
  done
}

# note_still: $still, what goes on of what systemctl was not waited for any longer, and $over, what had come to its end by
# then: systemctl waits for the last of all. Its jobs stay: a unit that is told to
# stop stops sooner or later, and taking the job back would only hide that it does. One short question more, whatever the
# limit was for: a manager that answers it does not hang, its units do.
note_still() {
  still=
  over=
  spoiled=
  forgotten=
  # A manager that did not end in time answers this, or it hangs.
  ! struck "$ended" || rm -f -- "$work/hung/$batch_scope"
  # shellcheck disable=SC2086 # words
  answer=$(quickly "$batch_scope" show -p "$still_properties" -- $names 2>/dev/null | head -c 1048576)
  # shellcheck disable=SC2086 # words
  each_shown note_one_still $names
}

still_properties=ActiveState,Job,Result,ConditionResult,ConditionTimestampMonotonic,InactiveExitTimestampMonotonic

note_one_still() {
  case $active in
    deactivating) still="$still $1:stopping" ;;
    activating) still="$still $1:starting" ;;
  esac
  case $verb:$active:${job:-0} in
    start:active:0 | stop:inactive:0) over="$over $1" ;;
    # What is up may be so since before.
    restart:active:0) ! is_since "${began:-0}" || over="$over $1" ;;
    start:failed:0 | restart:failed:0) spoiled="$spoiled $1" ;;
    start:inactive:0 | restart:inactive:0)
      # A condition held it back, which is no failure, or it ran and ended.
      if { [ "$condition" = no ] && is_since "${tested:-0}"; } || { [ "$result" = success ] && is_since "${began:-0}"; }; then
        over="$over $1"
      elif [ "${tested:-0}" = 0 ]; then
        forgotten="$forgotten $1"
      fi
      ;;
  esac
}

# is_since TIME: whether that is later than this call of systemctl, in microseconds of systemd's clock (settle.sh).
is_since() { [ "$(($1 / 10000))" -ge "$asked_at" ]; }

is_spoiled() { case "$spoiled " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

is_over() { case "$over " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

what_goes_on() { # UNIT
  case "$still " in
    *" $1:stopping "*) printf '%s' "$1 is still stopping, and systemd goes on with that. " ;;
    *" $1:starting "*) printf '%s' "$1 is still starting, and systemd goes on with that. " ;;
  esac
}

# A stop that ran into its timeout is a success for systemctl; the unit has failed. What goes for good and did not end
# in order is kept where it is, for somebody to see.
note_killed() {
  # shellcheck disable=SC2086 # words
  show "$batch_scope" ActiveState,Result $gone_for_good
  # shellcheck disable=SC2086 # words
  each_shown note_one_killed $gone_for_good
}

note_one_killed() {
  [ "$active:$result" = failed:timeout ] || return 0
  ended=1
  said="$said$newline$1 did not stop in time, and what was left of it was killed (timeout)"
}

# lines_about UNIT: what systemctl said of this unit, and of no other whose name contains it.
lines_about() {
  name=$(printf '%s' "$1" | sed 's/[.\\]/\\&/g')
  printf '%s\n' "$said" | sed -n "/\\(^\\|[^A-Za-z0-9:_.@\\\\-]\\)$name\\([^A-Za-z0-9:_@\\\\-]\\|\$\\)/p" |
    sed -e '/^See "/d' -e "s/ See '.*//"
}

# blames UNIT: whether systemctl named it as a failure.
blames() {
  about=$(lines_about "$1")
  [ -n "$about" ] && ! is_gone "$1"
}

# is_gone UNIT: systemctl complains only that it is not loaded. So it is stopped, and not failed.
is_gone() {
  case $verb:$(lines_about "$1") in
    stop:*' not loaded.' | reset-failed:*' not loaded.') ;;
    *) return 1 ;;
  esac
}

# start_again SCOPE: what this run stopped there, after its files were put back.
start_again() {
  names=
  for pair in $stopped; do
    [ "${pair%%|*}" != "$1" ] || names="$names ${pair#*|}"
  done
  [ -n "$names" ] || return 0
  # shellcheck disable=SC2086 # words
  said=$(ctl "$1" start -- $names 2>&1) || problem "not all that was stopped could be started again: $said"
}

# forget_failures SCOPE STEP UNIT...: of units that are gone, each with the step that removed its file.
forget_failures() {
  of=$1
  shift
  names=
  while [ $# -gt 1 ]; do
    if [ "$(status_of "$1")" = ok ]; then names="$names $2"; fi
    shift 2
  done
  # shellcheck disable=SC2086 # words
  [ -z "$names" ] || ctl "$of" reset-failed -- $names >/dev/null 2>&1 || :
}

# links SCOPE ACTION UNIT: enable, mask; the reload comes once, later.
links() { ctl "$1" --no-reload "$2" -- "$3"; }

# enable_unseen SCOPE UNIT: of a unit whose file nobody could see before; systemctl would enable units of others as well.
enable_unseen() {
  if ctl "$1" cat -- "$2" 2>/dev/null | grep -q '^[[:space:]]*Also[[:space:]]*='; then
    echo "its unit file names others to enable (Also=), which could not be seen before: apply again"
    return 1
  fi
  links "$1" enable "$2"
}

# What the texts below share: the scope's directory of links, and a link's own within it.
# shellcheck disable=SC2016 # this text is for another shell
link_place='
umask 022
enter() {
  if [ "$1" = system ]; then config=/etc/systemd/system; else config=$HOME/.config/systemd/user; fi
  [ "$2" = 0 ] || mkdir -p -- "$config" || exit
  cd -- "$config" || exit
}
folder_of() { case $1 in */*) folder=${1%/*} ;; *) folder= ;; esac; }
# What is not empty stays, and so does a link to a directory.
leave_folder() { [ -z "$folder" ] || rmdir -- "$folder" 2>/dev/null || :; }
'

# KEPT SCOPE FILE COMING LINK...: what was there, and what was not, is noted in that directory of the scope's user.
# shellcheck disable=SC2016 # as above
linker=$link_place'
kept=$1 file=$3 coming=$4
enter "$2" "$4"
shift 4
noted=kept
note() { (umask 077 && mkdir -p -- "$kept/$1/$folder" && ln -s -- "$3" "$kept/$1/$2") 2>/dev/null || noted=lost; }
for link do
  folder_of "$link"
  if [ "$coming" = 0 ]; then
    [ -h "$link" ] || continue
    note old "$link" "$(readlink -- "$link")"
    rm -- "$link" || exit
    leave_folder
    continue
  fi
  coming=$((coming - 1))
  if [ -n "$folder" ]; then
    [ -d "$folder" ] || mkdir -- "$folder" || exit
    # The name of such a link counts, and not where it leads.
    [ ! -h "$link" ] || continue
  elif [ -h "$link" ] && [ "$(readlink -- "$link")" = "$file" ]; then
    continue
  fi
  note new "$link" "$file"
  ln -s -- "$file" "$link" || exit
done
echo "$noted"
'

# KEPT SCOPE LINK...: undoes that; what somebody made since is left alone.
# shellcheck disable=SC2016 # as above
relinker=$link_place'
kept=$1
enter "$2" 1
shift 2
for link do
  folder_of "$link"
  if [ -h "$kept/new/$link" ]; then
    [ ! -h "$link" ] || rm -- "$link" || exit
    leave_folder
  elif [ -h "$kept/old/$link" ] && ! [ -h "$link" ] && ! [ -e "$link" ]; then
    [ -z "$folder" ] || mkdir -p -- "$folder" || exit
    ln -s -- "$(readlink -- "$kept/old/$link")" "$link" || exit
  fi
done
'

# By now a unit file may stand there, which is nothing to be removed.
# shellcheck disable=SC2016 # as above
unmasker=$link_place'
enter "$1" 0
[ "$(readlink -- "$2")" != /dev/null ] || { rm -- "$2" && echo gone; }
'

# change_links ID SCOPE FILE COMING LINK...: as many links to the unit file come, the others go. systemctl would treat the
# units of `Also=` as well, and would remove a unit file that is itself a link.
change_links() {
  id=$1
  shift
  old_place "$1" && note_kept "$id" in_scope "$1" sh -c "$linker" sh "$old/$id" "$@"
}

# unmask SCOPE UNIT: systemctl would remove every link to the unit as well.
unmask() { in_scope "$1" sh -c "$unmasker" sh "$@"; }

# The current step is about links, or a mask; it can be put back later.

# link_step ID SCOPE FILE COMING LINK...
link_step() {
  run change_links "$@"
  touch_by "$1" links "$2"
  id=$1
  shift 4
  eval "links_$id=\$*"
}

# mask_step ID SCOPE UNIT
mask_step() {
  run links "$2" mask "$3"
  # It says so where it makes one.
  case $said in *symlink*) touch_by "$1" mask "$2" && eval "unit_$1=\$3" ;; esac
}

# unmask_step ID SCOPE UNIT
unmask_step() {
  run unmask "$2" "$3"
  case $said in *gone*) touch_by "$1" unmask "$2" && eval "unit_$1=\$3" ;; esac
}

# put_back_links ID: how they were before.
put_back_links() {
  eval "words=\$links_$1"
  old_place "$back" || return 1
  # A step that failed may have done a part, of which it has noted as much as it could.
  was=kept
  [ ! -e "$work/old/$1" ] || read -r was <"$work/old/$1"
  # shellcheck disable=SC2086 # names of links
  in_scope "$back" sh -c "$relinker" sh "$old/$1" "$back" $words || return 1
  [ "$was" != lost ] || { echo "how they were could not be kept" >&2 && return 1; }
}

# put_back_mask ID
put_back_mask() {
  eval "words=\$unit_$1"
  unmask "$back" "$words"
}

# put_back_unmask ID: unless something stands in its place.
put_back_unmask() {
  eval "words=\$unit_$1"
  # shellcheck disable=SC2016 # this text is for another shell
  in_scope "$back" sh -c "$link_place"'enter "$1" 1; [ -h "$2" ] || [ -e "$2" ] || ln -s /dev/null "$2"' sh "$back" "$words"
}

# gate_unit NUMBER UNIT FRAGMENT SOURCE DROP-IN...: what the manager must have loaded after its reload; a quadlet's
# service has no fragment that is known before, and names the quadlet as its source.
gate_unit() {
  number=$1
  gated="$gated $2"
  eval "gate_unit_$number=\$2 gate_from_$number=\$3 gate_source_$number=\$4"
  shift 4
  expected=
  for path do expected=$expected$path$newline; done
  eval "gate_with_$number=\$expected"
}

# is_same_file PATH PATH: in the scope that is gated. Podman names a quadlet without the links on the way to it, as
# where /home is one.
is_same_file() {
  # shellcheck disable=SC2016 # this text is for another shell
  in_scope "$gate_scope" sh -c '[ "$(readlink -f -- "$1")" = "$(readlink -f -- "$2")" ]' sh "$1" "$2"
}

# is_one_of PATH PATHS: a manager shows drop-ins without the links on the way to them.
is_one_of() {
  for shown in $2; do
    if [ "${shown##*/}" = "${1##*/}" ] && is_same_file "$shown" "$1" </dev/null; then return 0; fi
  done
  return 1
}

# gate SCOPE STEP: if the reload of that step was done and anything did not load as planned, the old files come back,
# before anything was restarted.
gate() {
  gate_scope=$1
  names=$gated
  gated=
  eval "status=\${status_$2-}"
  [ "$status" = ok ] || return 0
  # shellcheck disable=SC2086 # words
  show "$1" LoadState,FragmentPath,SourcePath,DropInPaths,LoadError $names
  why=
  number=0
  # shellcheck disable=SC2086 # words
  each_shown gate_block $names
  [ -z "$unanswered" ] || why="$why; the manager does not answer: $answer"
  [ -n "$why" ] || return 0
  problem "the new files of $1 do not load, so the old ones are put back: ${why#; }"
  back_to_before "$1"
}

# One unit of the answer ends; $why gets what is not as planned.
gate_block() {
  number=$((number + 1))
  eval "unit=\$gate_unit_$number planned=\$gate_from_$number quadlet=\$gate_source_$number"
  eval "expected=\$gate_with_$number"
  if [ "$load" != loaded ]; then
    why="$why; $unit is ${load:-not described}${error:+ ($error)}"
  elif [ -n "$planned" ] && [ "$from" != "$planned" ]; then
    why="$why; $unit comes from $from"
  elif [ -n "$quadlet" ] && [ "$source" != "$quadlet" ] && ! is_same_file "$source" "$quadlet"; then
    why="$why; $unit comes from ${source:-$from} and not from $quadlet"
  else
    missing=$(printf '%s' "$expected" | while IFS= read -r path; do
      # Names with blanks are not shown.
      case " $with " in
        *" $path "* | *'[unprintable]'*) ;;
        *) is_one_of "$path" "$with" || printf ' %s' "$path" ;;
      esac
    done)
    [ -z "$missing" ] || why="$why; $unit does not have$missing"
  fi
}
