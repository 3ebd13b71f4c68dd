# batch VERB SCOPE ... flush: one systemctl call for all units of a verb, so that a unit which depends on another
# is not restarted twice.
batch() {
  verb=$1
  batch_scope=$2
  members=
}

member() { # ID UNIT EARLIER...
  id=$1
  unit=$2
  shift 2
  step "$id" "$batch_scope" "$@" || return 0
  members="$members $id:$unit"
}

# Names of units have neither blanks nor patterns that could match, for `set -f` holds.
flush() {
  [ -n "$members" ] || return 0
  names=
  for pair in $members; do names="$names ${pair#*:}"; done
  # shellcheck disable=SC2086 # see above
  if said=$(ctl "$batch_scope" "$verb" -- $names 2>&1); then
    for pair in $members; do
      current=${pair%%:*}
      finish ok
      note_stopped "${pair#*:}"
    done
    return 0
  fi
  named=
  for pair in $members; do
    case $said in *"${pair#*:}"*) named=yes ;; esac
  done
  for pair in $members; do
    current=${pair%%:*}
    unit=${pair#*:}
    case $said in
      *"$unit"*) finish failed "$said" ;;
      *) if [ -n "$named" ]; then
        finish ok
        note_stopped "$unit"
      else finish failed "$said"; fi ;;
    esac
  done
}

note_stopped() {
  if [ "$verb" = stop ]; then stopped="$stopped $batch_scope|$1"; fi
}

# start_again SCOPE: what this run stopped there, after its files were put back.
start_again() {
  names=
  for pair in $stopped; do
    [ "${pair%%|*}" = "$1" ] && names="$names ${pair#*|}"
  done
  # shellcheck disable=SC2086 # names of units have neither blanks nor patterns
  [ -z "$names" ] || ctl "$1" start -- $names >/dev/null 2>&1 || problem "not started again:$names"
}

# links SCOPE ACTION UNIT: enable, reenable, disable, mask, unmask; the reload comes once, later.
links() { ctl "$1" --no-reload "$2" -- "$3"; }

# gate SCOPE UNIT PATH...: after the reload every touched unit must be loaded, from where it was written. Else the
# old files come back, before anything was restarted.
gate() {
  gate_scope=$1
  shift
  why=
  while [ $# -gt 1 ]; do
    load=$(property "$gate_scope" "$1" LoadState)
    from=$(property "$gate_scope" "$1" FragmentPath)
    case $load in
      loaded | masked) ;;
      *) why="$why $1 is not loaded (${load:-no answer});" ;;
    esac
    if [ "$load" = loaded ] && [ -n "$2" ] && [ "$from" != "$2" ]; then
      why="$why $1 was loaded from $from;"
    fi
    shift 2
  done
  [ -n "$why" ] || return 0
  problem "the new files of $gate_scope do not load:$why the old ones are put back"
  put_back "$gate_scope"
  ctl "$gate_scope" daemon-reload >/dev/null 2>&1 || :
  start_again "$gate_scope"
  given_up="$given_up $gate_scope"
}
