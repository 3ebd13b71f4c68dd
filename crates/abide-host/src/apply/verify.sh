# The host's own systemd reads the new files before anything is touched. It does so as the user whose they are, in a
# directory of that user that nobody else can look into, which the user's own quota counts and root never enters: all of
# it is one script for that user, and what comes of it decides about that user's scope only.

# begin_check SCOPE HEAD...: begins such a script.
begin_check() {
  check=$work/check/script
  check_scope=$1
  shift
  printf '%s\n' "$check_head" "$@" >"$check" || stop_here "no room in $work"
}

# check_line NAME LINE [STEP]: a line of it with a name, which may hold anything, and the content of that step.
check_line() {
  {
    printf "named <<'END_OF_NAME'\n%s\nEND_OF_NAME\n" "$1"
    if [ $# = 2 ]; then
      printf '%s\n' "$2"
    else
      printf "%s <<'END'\n" "$2"
      base64 <"$work/new/$3"
      echo END
    fi
  } >>"$check" || stop_here "no room in $work"
}

# end_check LINE HOME: what it says. HOME is that of a user who will be created: nothing of a user that is not there is read.
end_check() {
  printf '%s\n' "$1" >>"$check" || stop_here "no room in $work"
  if [ "$check_scope" = system ]; then
    limit 60 sh -s -- "$work/check" <"$check" 2>&1
  elif become_user "${check_scope#user:}" 2>/dev/null; then
    in_scope "$check_scope" sh -s <"$check"
  else
    limit 60 env -i LC_ALL=C SYSTEMD_LOG_COLOR=0 PATH="$PATH" HOME="$2" XDG_CONFIG_HOME="$work/check" XDG_DATA_HOME="$work/check" \
      sh -s -- "$work/check" <"$check" 2>&1
  fi
}

# verify_in SCOPE: units of one scope stand in one directory, where systemd looks first; what is not there it finds where
# it is.
verify_in() {
  manager=--user
  [ "$1" != system ] || manager=--system
  begin_check "$1" "manager=$manager" "$verify_head"
}

# verify_unit UNIT STEP: a unit file that will be written.
verify_unit() { check_line "$1" unit "$2"; }

# verify_drop_in DIRECTORY NAME STEP
verify_drop_in() { check_line "$1/$2" put "$3"; }

# without_drop_in DIRECTORY NAME: one that will be removed.
without_drop_in() { check_line "$1/$2" mask; }

# verify_with UNIT FILE: one of which only drop-ins change. Names of units hold nothing that a shell minds.
verify_with() { check_line "$2" "loaded '$1'"; }

# excuse TEXT: what systemd will say because a later step of this plan is not done yet.
excuse() { printf '%s\n' "$1" >>"$work/excuses"; }

# must_run TEXT: what systemd says where a program of a unit that runs now and is restarted is missing.
must_run() { printf '%s\n' "$1" >>"$work/must-run"; }

# is_known TEXT: how systemd begins a line about a program that is no news: the plan names it, or the unit itself says where
# it comes from.
is_known() { printf '%s\n' "$1" >>"$work/known"; }

# verify SCOPE HOME
verify() {
  ! is_given_up "$1" || return 0
  command -v systemd-analyze >/dev/null 2>&1 || return 0
  said=$(end_check verify "$2")
  ended=$?
  # A user's before 240 wants a control group that a user may not make (seen on 237), and before 216 there is none. What does
  # not load is found by the gate after the reload then, and put back.
  case $ended:$newline$said in
    1:*"$newline"'Failed to initialize manager: '* | 1:"$newline"'Unknown operation '* | 1:*': unrecognized option '*)
      tell notice "the host's systemd-analyze cannot check the new files of $1: $(line_of "$said")"
      return 0
      ;;
  esac
  if [ -s "$work/excuses" ]; then
    rest=$(printf '%s\n' "$said" | grep -v -F -f "$work/excuses")
  else
    rest=$said
  fi
  weigh "$rest"
  case $ended:$fatal$vague in
    0: | 1:)
      # Of what only keeps a unit from being started systemd will say so itself; it ends with 1 for that too.
      if [ "$ended" = 0 ] || [ -n "$later$expected" ] || [ "$rest" != "$said" ]; then
        pass_on "$later" "systemd says of the new files of $1"
        pass_on "$ignored" "systemd ignores in the new files of $1"
        return 0
      fi
      fatal=$ignored$rest
      ;;
  esac
  [ -n "$fatal" ] || fatal=$vague
  [ -n "$fatal$ignored" ] || fatal=$(explained $ended "$rest")
  [ $old = 0 ] || ignored="${ignored}and $old more about settings that are only old$newline"
  refuse_files systemd files "$1" "$fatal$ignored"
}

# weigh TEXT: the lines that keep a unit from being loaded ($fatal; $vague only says that there is one), the ones that keep it
# from being started ($later), what systemd ignores in our own files, and how many only call a setting old. What it says of
# others' files is theirs.
weigh() {
  fatal=
  vague=
  later=
  expected=
  ignored=
  old=0
  while IFS= read -r line; do
    case $line in
      '') ;;
      *' is not executable'*)
        if is_listed must-run; then
          fatal=$fatal$line$newline
        elif is_listed known; then
          expected=yes
        else
          later=$later$line$newline
        fi
        ;;
      *'Failed to create '*/start:* | *'Found ordering cycle'* | *'Found dependency on '* | *'Unable to break cycle'* | \
        'Requested transaction '*) later=$later$line$newline ;;
      *[Oo]bsolete* | *deprecated* | *'lease use '* | *'lease update '* | *' legacy '* | *' strict user/group name '*)
        old=$((old + 1))
        ;;
      /*[Ii]gnoring*) ;;
      *[Ii]gnoring*) ignored=$ignored$line$newline ;;
      *' has a bad unit file setting'* | *' has fatal error'*) vague=$vague$line$newline ;;
      *) if [ $ended = 0 ]; then ignored=$ignored$line$newline; else fatal=$fatal$line$newline; fi ;;
    esac
  done <<SAID
$1
SAID
}

# is_listed LIST: whether $line begins as one of its lines says.
is_listed() {
  [ -s "$work/$1" ] || return 1
  while IFS= read -r listed; do
    case $line in "$listed"*) return 0 ;; esac
  done <"$work/$1"
  return 1
}

# pass_on LINES WHO: a few of them, each by itself.
pass_on() {
  passed=0
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    passed=$((passed + 1))
    [ $passed -gt 8 ] || tell notice "$(line_of "$2: $line")"
  done <<LINES
$1
LINES
  [ $passed -le 8 ] || tell notice "$2: $((passed - 8)) lines more; \`systemd-analyze verify\` shows them all"
}

# refuse_files WHO WHAT SCOPE WHY: what a user's own processes say decides about that user only. Of a user who is not there
# yet nobody but root has said it.
refuse_files() {
  if [ "$3" = system ] || ! become_user "${3#user:}" 2>/dev/null; then
    where=
    given_up=all
  else
    where=' there'
    given_up="$given_up $3"
  fi
  # Each line by itself and whole: the first says most.
  told=0
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    told=$((told + 1))
    case $told in
      1) problem "the host's $1 refuses the new $2 of $3, so nothing was changed$where: $line" ;;
      [2-8]) problem "$line" ;;
    esac
  done <<WHY
$4
WHY
  [ $told -gt 0 ] || problem "the host's $1 refuses the new $2 of $3, so nothing was changed$where"
  [ $told -le 8 ] || problem "and $((told - 8)) lines more"
}

# end_without SCOPE...: where nothing is left to do in these nothing is begun.
end_without() {
  note_given_up
  for scope do
    is_given_up "$scope" || return 0
  done
  [ -z "$given_up" ] || end_run 1
}
