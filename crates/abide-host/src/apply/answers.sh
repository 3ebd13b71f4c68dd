# What a manager says, read in the shape that it must have and no further. A user owns their manager's socket and whatever
# runs as them, so their answers may be anything: they decide about that user's scope, and become no part of a line, a
# path or a command of root's.

# What tells a run of a unit from any other.
run_properties=InvocationID,InactiveExitTimestampMonotonic

# show SCOPE PROPERTIES UNIT...: the beginning of what systemctl says of them, in $answer.
show() {
  shown_scope=$1
  shown_properties=$2
  shift 2
  # Shells look for the `=` of a long line in quadratic time: a line has it near its beginning, or is short.
  answer=$(ctl "$shown_scope" show -p "$shown_properties" -- "$@" 2>&1 | sed '/^[A-Za-z]\{1,40\}=/!s/^\(.\{200\}\).*/\1/')
}

# each_shown FUNCTION UNIT...: calls `FUNCTION UNIT` for each unit that $answer describes, in their order, with its
# properties in the variables of `forget_shown`: empty where they are not what systemd prints. $unanswered are the rest.
each_shown() {
  each=$1
  shift
  forget_shown
  while IFS= read -r line; do
    if [ -n "$line" ]; then
      take_shown
    elif [ -n "$seen" ]; then
      [ $# -gt 0 ] || break
      case $seen in *' InvocationID'*) ;; *) run_since "$began" ;; esac
      "$each" "$1" </dev/null
      shift
      forget_shown
    fi
  done <<ANSWER
$answer

ANSWER
  unanswered=$*
}

# run_since TIME: $run, of a manager that has no InvocationID (before systemd 232): the boot, and when on its monotonic clock
# the unit began to start. The controller makes the same of what a probe says.
run_since() {
  run=
  case ${1:-0} in 0) return 0 ;; esac
  read -r boot </proc/sys/kernel/random/boot_id
  first=${boot%%-*}
  boot=${boot#*-}
  second=${boot%%-*}
  boot=${boot#*-}
  run=$first$second${boot%%-*}$(printf '%016x' "$1")
}

forget_shown() {
  seen=
  run=
  began=
  load=
  active=
  sub=
  result=
  restarts=
  condition=
  tested=
  came=
  status=
  type=
  job=
  from=
  source=
  with=
  error=
}

# One line of an answer. Nothing comes twice: where it does, the unit is not described.
take_shown() {
  value=${line#*=}
  case " $seen " in
    *" ${line%%=*} "*)
      forget_shown
      seen=twice
      ;;
    ' twice ') ;;
    *) take_property ;;
  esac
}

take_property() {
  case $line in
    InvocationID=*) is_run "$value" && run=$value ;;
    InactiveExitTimestampMonotonic=*) is_number "$value" && began=$value ;;
    LoadState=*) is_plain "$value" && load=$value ;;
    ActiveState=*) is_plain "$value" && active=$value ;;
    SubState=*) is_plain "$value" && sub=$value ;;
    Result=*) is_plain "$value" && result=$value ;;
    NRestarts=*) is_number "$value" && restarts=$value ;;
    ConditionResult=*) is_plain "$value" && condition=$value ;;
    ConditionTimestampMonotonic=*) is_number "$value" && tested=$value ;;
    ActiveEnterTimestampMonotonic=*) is_number "$value" && came=$value ;;
    ExecMainStatus=*) is_number "$value" && status=$value ;;
    Type=*) is_plain "$value" && type=$value ;;
    Job=*) is_number "$value" && job=$value ;;
    FragmentPath=*) is_path "$value" && from=$value ;;
    SourcePath=*) is_path "$value" && source=$value ;;
    LoadError=*) error=$value ;;
    DropInPaths=* | RequiredBy=* | RequisiteOf=* | BoundBy=* | ConsistsOf=* | PropagatesStopTo=*) with="$with $value" ;;
    *) return 0 ;;
  esac
  seen="$seen ${line%%=*}"
}

# is_run TEXT: an InvocationID (systemd.exec(5)), 32 hexadecimal digits.
is_run() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} = 32 ]
}

# is_number TEXT: what a shell may count with. Some take anything else for a command, and with a zero before it for an
# octal number: dash ends where it is none.
is_number() {
  case $1 in '' | *[!0-9]* | 0?* | ???????????????????*) return 1 ;; esac
}

# is_plain TEXT: a state, as systemd names them.
is_plain() {
  case $1 in '' | *[!a-z0-9-]* | ?????????????????????????????????*) return 1 ;; esac
}

is_path() {
  case $1 in /*) [ ${#1} -lt 4096 ] ;; *) return 1 ;; esac
}

# invocation_of SCOPE UNIT: its run; nothing where the answer is anything else than one.
invocation_of() {
  show "$1" "$run_properties" "$2"
  each_shown print_run "$2"
}

print_run() { printf '%s' "$run"; }
