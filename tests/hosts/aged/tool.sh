# shellcheck shell=sh disable=SC2154 # what is set before
# One of systemd's programs as an older version has it, in front of the host's own: tests/hosts/aged.rs. Set before: program,
# version, known and later (verbs and flags that this version has, and that came later), shown and hidden (properties).

# has WORD: whether this version has it. What no list has is put down, for the test to fail with.
has() {
  case " $known " in *" $1 "*) return 0 ;; esac
  case " $later " in *" $1 "*) return 1 ;; esac
  echo "$program: $1" >>/run/aged/without-a-row
}

# keep NAME,NAME...: in $kept, the properties among them that this version has.
keep() {
  kept=
  for name in $(printf %s "$1" | tr , ' '); do
    case " $hidden " in *" $name "*) continue ;; esac
    case " $shown " in *" $name "*) ;; *) echo "property: $name" >>/run/aged/without-a-row ;; esac
    kept=$kept,$name
  done
  # It shows nothing for a name that there is not; without a name it would show everything.
  kept=${kept#,}
  kept=${kept:-None}
}

verb=
whose=
named=
all=
left=$#
while [ "$left" -gt 0 ]; do
  word=$1
  shift
  left=$((left - 1))
  case $all$word in
    --) all='all ' ;;
    --version)
      printf 'systemd %s\n+PAM +AUDIT\n' "$version"
      exit
      ;;
    -p | -o | -n | -u | --since | --until)
      value=$1
      shift
      left=$((left - 1))
      if [ "$word" = -o ] && ! has "-o=$value"; then
        echo "Unknown output format '$value'." >&2
        exit 1
      fi
      if [ "$word" = -p ]; then
        keep "$value"
        value=$kept
      fi
      set -- "$@" "$word" "$value"
      continue
      ;;
    -*)
      if ! has "${word%%=*}"; then
        echo "$program: unrecognized option '$word'" >&2
        exit 1
      fi
      case $word in --user) whose=$word ;; esac
      ;;
    *) if [ -z "$verb" ]; then verb=$word; else named=yes; fi ;;
  esac
  set -- "$@" "$word"
done

if [ "$program" != journalctl ] && ! has "$verb"; then
  echo "Unknown operation '$verb'." >&2
  exit 1
fi
case " $later " in
  *" $whose=$verb "*)
    # Where there is only cgroup v2, as on these hosts.
    echo 'Failed to initialize manager: Permission denied' >&2
    exit 1
    ;;
esac
real=/usr/bin/$program
[ -x "$real" ] || real=/bin/$program
if [ "$verb" = show ] && [ -z "$named" ]; then
  said=$("$real" "$@")
  ended=$?
  printf '%s\n' "$said" | sed "s/^Version=.*/Version=$version/"
  exit $ended
fi
exec "$real" "$@"
