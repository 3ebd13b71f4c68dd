# One service manager, its units and its files, read as the user they belong to.

manager_properties=Version,UnitsLoadTimestamp,UnitsLoadTimestampMonotonic
manager_properties=$manager_properties,UnitsLoadStartTimestamp,UnitsLoadStartTimestampMonotonic

unit_properties=Id,LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,SourcePath,DropInPaths
unit_properties=$unit_properties,NeedDaemonReload,InvocationID,ExecMainStartTimestamp,ActiveEnterTimestamp
unit_properties=$unit_properties,ExecMainStartTimestampMonotonic,ActiveEnterTimestampMonotonic
unit_properties=$unit_properties,StateChangeTimestamp,StateChangeTimestampMonotonic,Type,RemainAfterExit
unit_properties=$unit_properties,NRestarts,ExecMainStatus,CanReload,RefuseManualStart,RefuseManualStop
unit_properties=$unit_properties,ConditionResult,ConditionTimestampMonotonic,Transient,InactiveExitTimestampMonotonic
unit_properties=$unit_properties,TriggeredBy,Triggers,WantedBy,RequiredBy,RequisiteOf,BoundBy
unit_properties=$unit_properties,ConsistsOf,UpheldBy,PropagatesStopTo,PropagatesReloadTo
unit_properties=$unit_properties,Requires,BindsTo,Wants,Upholds,Conflicts,ConflictedBy,After,Before,EnvironmentFiles

ask() { limit 30 systemctl "$manager" "$@"; }

# Prints how the manager is, and fails where it answers no further question.
manager_state() {
  told=
  if [ "$manager" = --user ] && ! [ -S "$XDG_RUNTIME_DIR/systemd/private" ]; then
    # What another owns there is in the way of a manager, and nothing about it can be seen.
    if [ -d "$XDG_RUNTIME_DIR" ] && ! [ -O "$XDG_RUNTIME_DIR" ]; then
      frame manager broken
      echo "$XDG_RUNTIME_DIR belongs to another user, so its manager cannot run"
    else
      frame manager down
    fi
    return 1
  fi
  stamps=--timestamp=us
  if answer=$(ask show "$stamps" -p "$manager_properties" 2>&1); then
    :
  elif stamps=--no-pager && answer=$(ask show -p "$manager_properties" 2>&1); then
    : # systemd before 247 has no --timestamp; it shows whole seconds
  else
    frame manager broken
    printf '%s\n' "$answer" | head -c 2000
    return 1
  fi
  frame manager up
  printf '%s\n' "$answer"
  told=$answer
  case $answer in
    *UnitsLoadTimestamp=*) ;;
    *) generators_ran ;;
  esac
}

# The version of the manager, or where it does not answer, of its program.
version_of_manager() {
  case $told in
    *Version=*) version=${told#*Version=} ;;
    *) version=$("$program" --version 2>/dev/null) && version=${version#systemd } ;;
  esac
  version=${version#v}
  version=${version%%[!0-9]*}
}

# systemd before 250 does not tell of its reloads. With each it makes and removes directories for what generators make,
# where there are any (manager_run_generators of manager.c); users' managers do so here since 230, in /tmp before.
generators_ran() {
  kind=system
  runtime=/run/systemd
  if [ "$manager" = --user ]; then
    kind=user
    runtime=$XDG_RUNTIME_DIR/systemd
    version_of_manager
    [ "${version:-0}" -ge 230 ] || return 0
  fi
  for folder in /run/systemd /etc/systemd /usr/local/lib/systemd /usr/lib/systemd /lib/systemd; do
    [ -d "$folder/$kind-generators" ] || continue
    printf 'RuntimeDirectoryChanged=%s\n' "$(stat -c %y -- "$runtime")"
    return
  done
}

# Blocks come back in the order of the names, whatever their Id; a bare template would end the answer.
unit_states() {
  set -f
  loaded=
  if [ -n "$units" ]; then
    frame units
    # shellcheck disable=SC2086 # names of units have neither blanks nor patterns
    printf '%s\n' $units
    frame show
    # shellcheck disable=SC2086 # as above
    answer=$(ask show "$stamps" -p "$unit_properties" -- $units 2>&1 | head -c 33554432)
    printf '%s\n' "$answer"
    follow "$answer"
  fi
  if [ -n "$patterns" ]; then
    frame instances
    # shellcheck disable=SC2086 # as above
    answer=$(ask show "$stamps" -p "$unit_properties" -- $patterns 2>&1 | head -c 8388608)
    printf '%s\n' "$answer"
    follow "$answer"
  fi
  loaded_drop_ins=$loaded
  if [ -n "$sourceless" ]; then
    frame sourceless
    # shellcheck disable=SC2086 # names of units
    printf '%s\n' $sourceless | head -c 65536
    sourceless=
  fi
  conditions
  units_beside
  set +f
}

# Notes, of what `show` printed, the units that a stop, restart or reload of one that is up reaches ($along), and those
# that its start or restart pulls in or stops ($pulled). The states come behind the relations.
follow() {
  IFS=$newline
  for line in $1; do
    case $line in
      Id=*)
        known=$known${line#Id=}$newline
        current=${line#Id=}
        reached=
        named=
        fragment=
        with=
        ;;
      RequiredBy=?* | RequisiteOf=?* | BoundBy=?* | ConsistsOf=?* | UpheldBy=?* | PropagatesStopTo=?* | \
        PropagatesReloadTo=?* | Triggers=?* | TriggeredBy=?*) reached="$reached ${line#*=}" ;;
      Requires=?* | BindsTo=?* | Wants=?* | Upholds=?* | Conflicts=?* | ConflictedBy=?*) named="$named ${line#*=}" ;;
      ActiveState=active | ActiveState=activating | ActiveState=reloading | ActiveState=refreshing)
        along=$along$reached
        pulled=$pulled$named
        state=up
        ;;
      ActiveState=*)
        pulled=$pulled$named
        state=${line#*=}
        ;;
      ConditionResult=*) condition=${line#*=} ;;
      ConditionTimestampMonotonic=*)
        case $state:$condition:${line#*=} in
          inactive:*:0) case " $conditional " in *" $current "*) held="$held $current" ;; esac ;;
          inactive:no:*) held="$held $current" ;;
        esac
        ;;
      FragmentPath=?*) fragment=${line#*=} ;;
      SourcePath=?*) [ -e "${line#*=}" ] || sourceless="$sourceless $current" ;;
      DropInPaths=?*)
        with=${line#*=}
        loaded=$loaded$with$newline
        ;;
      UnitFileState=disabled | UnitFileState=indirect | UnitFileState=masked* | UnitFileState=linked* | \
        UnitFileState=enabled-runtime)
        case " $wants_links " in
          *" $current "*)
            unset IFS
            print_wanted_by "$current"
            IFS=$newline
            ;;
        esac
        ;;
    esac
  done
  unset IFS
}

# What the file of a unit that is not ours and its drop-ins say in `[Install]`. Only asked where the unit should be enabled
# and is not.
print_wanted_by() { # UNIT
  case $fragment in
    '' | "$config/$1")
      # Behind a mask it stands where packages put it, or generators.
      if [ "$manager" = --user ]; then
        set -- "$1" "$config" "$HOME/.local/share/systemd/user" /etc/systemd/user /run/systemd/user \
          /usr/local/lib/systemd/user /usr/lib/systemd/user
      else
        set -- "$1" "$config" /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system \
          /lib/systemd/system
      fi
      name=$1
      shift
      fragment=
      for place do
        [ -f "$place/$name" ] || continue
        fragment=$place/$name
        break
      done
      set -- "$name"
      ;;
  esac
  case $fragment in /*) ;; *) return 0 ;; esac
  case $fragment in *[!A-Za-z0-9/._:@+,=~\\-]*) return 0 ;; esac
  frame wanted-by "$1" "$fragment"
  for path in "$fragment" $with; do
    if ! [ -f "$path" ] || ! [ -r "$path" ]; then continue; fi
    section=
    while IFS= read -r line || [ -n "$line" ]; do
      line=${line#"${line%%[![:space:]]*}"}
      case $line in '['*) section=$line ;; esac
      case $section in '[Install]'*) printf '%s\n' "$line" ;; esac
    done <"$path"
  done | head -c 8192
}

# Whether the conditions of units hold now that one held back, as the manager itself would look at them. There is rarely
# such a unit, and then nothing is asked; systemd 247 cannot say so (docs/systemd-facts.md). Before 252 a user's would take
# the place of the running manager, as in the rehearsal.
conditions() {
  looked=0
  if [ -n "$held" ] && [ "$manager" = --user ]; then
    version_of_manager
    [ "${version:-0}" -ge 252 ] || held=
  fi
  for name in $held; do
    looked=$((looked + 1))
    [ $looked -le 16 ] || break
    frame condition "$name"
    limit 10 systemd-analyze --no-pager "$manager" condition --unit="$name" 2>&1 | head -c 2000
  done
  held=
}

# Takes over into $more what of these names is not known yet, and may be named: the host chose them. A bare template
# would end the answer.
take() {
  for name do
    case $name in
      '' | *@.* | *[!A-Za-z0-9:_.@\\-]*) continue ;;
    esac
    case $newline$known in
      *"$newline$name$newline"*) continue ;;
    esac
    taken=$((taken + 1))
    [ $taken -le 256 ] || return 0
    known=$known$name$newline
    more="$more $name"
  done
}

# Units that nobody declares and that go along with declared ones, and what goes along with those: so far, and no
# further. There is rarely any, and then nothing is asked.
units_beside() {
  for round in 1 2 3 4; do
    more=
    taken=0
    [ "$round" -gt 1 ] || along="$along $also"
    # shellcheck disable=SC2086 # names, checked one by one
    take $along
    # What every unit stands on is of no interest here: it is up.
    for name in $pulled; do
      case $name in *.service | *.socket | *.timer | *.path) take "$name" ;; esac
    done
    [ -n "$more" ] || return 0
    along=
    pulled=
    frame beside
    # shellcheck disable=SC2086 # names, checked above
    answer=$(ask show "$stamps" -p "$unit_properties" -- $more 2>/dev/null | head -c 131072)
    printf '%s\n' "$answer"
    follow "$answer"
  done
}

# Whether nothing is at a path for certain: its nearest parent that is there can be searched.
surely_absent() {
  parent=$1
  while :; do
    parent=${parent%/*}
    [ -n "$parent" ] || return 0
    if [ -d "$parent" ]; then
      [ -x "$parent" ]
      return
    fi
    [ -e "$parent" ] && return 0
  done
}

# A letter for what is at a path: file, link, directory, other, absent, hidden; F and L cannot be read.
kind_of() {
  kind=a
  if [ -L "$1" ]; then
    kind=L
    if [ -f "$1" ] && [ -r "$1" ]; then kind=l; fi
  elif [ -f "$1" ]; then
    kind=F
    if [ -r "$1" ]; then kind=f; fi
  elif [ -d "$1" ]; then
    kind=d
  elif [ -e "$1" ]; then
    kind=o
  elif ! surely_absent "$1"; then
    kind=h
  fi
}

# The text of a percent-encoded word, in $decoded.
decode() {
  decoded=
  rest=$1
  while :; do
    decoded=$decoded${rest%%\%*}
    case $rest in *%*) ;; *) return ;; esac
    rest=${rest#*%}
    digits=${rest%"${rest#??}"}
    rest=${rest#??}
    # The x keeps a newline at the end from being lost.
    byte=$(printf '%b' "\\0$(printf '%03o' "0x$digits")x")
    decoded=$decoded${byte%x}
  done
}

# The percent-encoded word of a name that somebody else chose, in $encoded.
encode() {
  encoded=$1
  case $1 in
    *[!A-Za-z0-9/._:@+,=~-]*)
      encoded=$(printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g')
      ;;
  esac
}

# file_states PATH...: the declared ones first, in their order; $words names the others.
file_states() {
  [ $# -gt 0 ] || return 0
  kinds=
  frame files
  named=$words
  number=0
  for path do
    number=$((number + 1))
    kind_of "$path"
    kinds=$kinds$kind
    if [ $number -le "$declared" ]; then
      printf '%s\n' "$kind"
    else
      printf '%s %s\n' "$kind" "${named%%"$newline"*}"
      named=${named#*"$newline"}
    fi
  done
  case $kinds in
    *[fFlLdo]*) ;;
    *) return 0 ;;
  esac
  # Each prints one line for every path that is there, in order; the reader knows which those are.
  stats=$(limit 30 stat -c '%f %s %u %z %y %U' -- "$@" 2>/dev/null)
  frame stat
  printf '%s\n' "$stats"
  digests=$(digests_of "$@")
  frame sha256
  printf '%s\n' "$digests"
  link_targets "$@"
  contents "$@"
}

# A line for every file that can be read. Anything else could block, as a pipe does, or answer where no answer is
# expected, as /dev/null does behind the link of a masked unit.
digests_of() {
  kinds_left=$kinds
  for path do
    shift
    next_kind
    case $kind in f | l) set -- "$@" "$path" ;; esac
  done
  [ $# -gt 0 ] || return 0
  if any_is_large; then
    for path do digest_of "$path"; done
    return
  fi
  limit 60 sha256sum -- "$@" 2>/dev/null | sed -n 's/^\\\{0,1\}\([0-9a-f]\{64\}\) .*/\1/p'
}

# Whether a file has a gigabyte, in the decimal digits of $stats.
any_is_large() {
  IFS=$newline
  for line in $stats; do
    line=${line#* }
    line=${line%% *}
    if [ ${#line} -ge 10 ]; then
      unset IFS
      return 0
    fi
  done
  unset IFS
  return 1
}

# Nobody waits for all of a large file: its size and its last change stand for it, as where it is checked before an apply.
digest_of() {
  size=$(stat -L -c %s -- "$1")
  if [ ${#size} -ge 10 ]; then
    stat -L -c 'large %s %Z' -- "$1" | sha256sum
  else
    limit 60 sha256sum <"$1"
  fi 2>/dev/null | sed 's/ .*//'
}

# Takes the first character of $kinds into $kind.
next_kind() {
  kind=${kinds_left%"${kinds_left#?}"}
  kinds_left=${kinds_left#?}
}

# Targets of links, and what stands behind them: a file that changed there has changed here.
link_targets() {
  case $kinds in *[lL]*) ;; *) return 0 ;; esac
  kinds_left=$kinds
  number=0
  for path do
    number=$((number + 1))
    next_kind
    case $kind in
      l | L)
        frame link "$number"
        readlink -- "$path" | base64
        ;;
    esac
    if [ "$kind" = l ]; then
      frame behind "$number"
      stat -L -c '%f %s %u %z %y %U' -- "$path"
    fi
  done
}

# What differs from what is declared, where it may be shown; $rules says so, a line a path.
contents() {
  kinds_left=$kinds
  rules_left=$rules
  stats_left=$stats$newline
  digests_left=$digests$newline
  number=0
  for path do
    number=$((number + 1))
    next_kind
    rule=${rules_left%%"$newline"*}
    rules_left=${rules_left#*"$newline"}
    stat=
    digest=
    case $kind in
      a | h) ;;
      *)
        stat=${stats_left%%"$newline"*}
        stats_left=${stats_left#*"$newline"}
        ;;
    esac
    case $kind in
      f | l)
        digest=${digests_left%%"$newline"*}
        digests_left=${digests_left#*"$newline"}
        ;;
    esac
    if [ "$kind" = f ] && may_show && small_enough; then
      frame content "$number"
      limit 20 head -c "$size" -- "$path" | base64
    fi
  done
}

# $rule is `never`, or `always` or `public` and the digest that needs no content.
may_show() {
  case $rule in
    never | *" $digest") return 1 ;;
    always*) return 0 ;;
  esac
  # public: the last hexadecimal digit of the raw mode has the bit that lets everybody read.
  mode=${stat%% *}
  case $mode in *[4567cdef]) return 0 ;; esac
  return 1
}

small_enough() {
  size=${stat#* }
  size=${size%% *}
  [ "$size" -le 1048576 ] && [ "$size" -le "$allowance" ] || return 1
  allowance=$((allowance - size))
}

# Links of a configuration directory, two lines each: below it, and where to. No unit has a newline in its name. Its `*.wants`
# may be links to directories themselves: dotfiles are kept so.
links() {
  [ -d "$config" ] || return 0
  frame links
  {
    own_links
    for folder in "$config"/*.wants "$config"/*.requires "$config"/*.upholds; do
      [ ! -L "$folder" ] || links_in "$folder"/*
    done
  } | head -c 4194304
}

own_links() {
  if find "$config" -maxdepth 0 -printf '' 2>/dev/null; then
    limit 30 find -H "$config" -maxdepth 2 -type l ! -name "*$newline*" ! -lname "*$newline*" \
      -printf '%P\n%l\n' 2>/dev/null
    return
  fi
  links_in "$config"/*
  for folder in "$config"/*.wants "$config"/*.requires "$config"/*.upholds; do
    [ -L "$folder" ] || links_in "$folder"/*
  done
}

links_in() {
  for path do
    [ -L "$path" ] || continue
    target=$(readlink -- "$path")
    case $path$target in *"$newline"*) continue ;; esac
    printf '%s\n%s\n' "${path#"$config"/}" "$target"
  done
}

# Links in other places that pull in an asked unit, a path a line. Nothing is started for that.
links_elsewhere() {
  if [ "$manager" = --user ]; then
    set -- "$XDG_RUNTIME_DIR/systemd/user" "$HOME/.local/share/systemd/user" /etc/systemd/user /run/systemd/user \
      /usr/local/lib/systemd/user /usr/lib/systemd/user
  else
    set -- /run/systemd/system
  fi
  frame links-elsewhere
  # A target that is masked for all users.
  for path in /etc/systemd/user/*.target; do
    if [ "$manager" = --user ] && [ -L "$path" ] && [ -c "$path" ]; then printf '%s\n' "$path"; fi
  done
  for place do
    for path in "$place"/*.wants/* "$place"/*.requires/*; do
      [ -L "$path" ] || continue
      case $newline$units$newline in
        *"$newline${path##*/}$newline"*) printf '%s\n' "$path" ;;
      esac
    done
  done | head -c 16384
}

# Units that pull in asked ones from the configuration directory, apart from targets that every boot brings up, and what pulls
# those in. There is rarely any, and then nothing is asked.
pulling() {
  asked=
  more=
  for folder in "$config"/*.wants "$config"/*.requires "$config"/*.upholds; do
    name=${folder##*/}
    name=${name%.*}
    case $name in
      default.target | basic.target | sockets.target | timers.target | paths.target) continue ;;
      multi-user.target | sysinit.target | local-fs.target) [ "$manager" = --user ] || continue ;;
    esac
    for path in "$folder"/*; do
      case $newline$units$newline in
        *"$newline${path##*/}$newline"*)
          pulls "$name"
          break
          ;;
      esac
    done
  done
  [ -n "$more" ] || return 0
  pulls default.target
  for round in 1 2 3 4; do
    [ -n "$more" ] || break
    frame pulling
    # shellcheck disable=SC2086 # names, checked one by one
    printf '%s\n' $more
    frame pulling-show
    # shellcheck disable=SC2086 # as above
    answer=$(ask show -p Id,LoadState,ActiveState,WantedBy,RequiredBy,UpheldBy -- $more 2>/dev/null | head -c 65536)
    printf '%s\n' "$answer"
    more=
    for name in $answer; do
      pulls "${name#*=}"
    done
  done
}

# pulls NAME: takes it over into $more, if it is a name and was not asked about.
pulls() {
  case $1 in *.target | *.service | *.timer | *.socket | *.path) ;; *) return 0 ;; esac
  case $1 in *@.* | *[!A-Za-z0-9:_.@\\-]*) return 0 ;; esac
  case " $asked " in *" $1 "*) return 0 ;; esac
  [ ${#asked} -lt 4096 ] || return 0
  asked="$asked $1"
  more="$more $1"
}

# What a boot would bring up, as the manager's own program says (docs/systemd-facts.md, "The rehearsal"). Nothing is brought
# up for that; generators run, into a directory that is removed. Root is refused there.
rehearsal() {
  [ -n "$rehearse" ] || return 0
  frame rehearsal
  program=/usr/lib/systemd/systemd
  [ -x "$program" ] || program=/lib/systemd/systemd
  set -- env -i LC_ALL=C SYSTEMD_LOG_COLOR=0 PATH="$PATH" HOME="${HOME:-/}"
  if [ "$manager" = --user ]; then
    # Before 252 it puts a socket of its own in the place of the running manager's, which nobody reaches any more (seen on
    # 247 and 249); where there is no directory it goes without.
    version_of_manager
    runtime=$XDG_RUNTIME_DIR
    [ "${version:-0}" -ge 252 ] || runtime=/dev/null
    set -- "$@" XDG_RUNTIME_DIR="$runtime" "$program" --user
    # It would make one where it is told to.
    if ! [ -d "$XDG_RUNTIME_DIR" ]; then
      echo "!there is no $XDG_RUNTIME_DIR, for nothing of the user runs"
      return
    fi
  else
    set -- "$@" "$program" --system
    # What makes the next boot the first one (machine-id(5)).
    machine=
    [ ! -r /etc/machine-id ] || read -r machine </etc/machine-id || :
    if ! [ -e /etc/machine-id ] || [ "$machine" = uninitialized ]; then echo 1; fi
    # shellcheck disable=SC2154 # set before
    case $run_as in
      setpriv) set -- setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@" ;;
      runuser) set -- runuser -u nobody -- "$@" ;;
      sudo) set -- sudo -n -u nobody -- "$@" ;;
    esac
  fi
  {
    limit 20 "$@" --test --no-pager 2>&1
    echo "ended $?"
  } | sed -n -e 's/^[[:space:]]*Action: \([A-Za-z0-9:_.@\\-]*\) [^ ]* sta[r]t$/+\1/p' \
    -e '/ordering cycle/s/^/~/p' -e '/: Found dependency on /s/^/~/p' \
    -e 's/^\([A-Za-z0-9:_.@\\-]*\): Failed to open .*: Permission denied$/?\1/p' \
    -e '/^Failed to /s/^/!/p' -e '/^Don.t run /s/^/!/p' -e '/^ended /p' | head -c 262144
}

# Adds the units of the ledger that are not asked for anyway. What a quadlet generates has a name of its own.
add_ledger_units() {
  for word in $ledger_units; do
    decode "$word"
    case $decoded in
      *@.*) continue ;;
      *.container | *.kube) decoded=${decoded%.*}.service ;;
      *.pod | *.network | *.volume | *.image | *.build | *.artifact) decoded=${decoded%.*}-${decoded##*.}.service ;;
    esac
    case $newline$units$newline in
      *"$newline$decoded$newline"*) ;;
      *) units=$units$newline$decoded ;;
    esac
  done
}

# Where else a manager looks for unit files and drop-ins (systemd.unit(5)), apart from packages; those that are there, in
# $places and, where they come before ours, in $before.
other_places() {
  places=
  before=
  if [ "$manager" = --user ]; then
    set -- "$HOME/.config/systemd/user.control" "$XDG_RUNTIME_DIR/systemd/user.control" \
      "$XDG_RUNTIME_DIR/systemd/transient" "$XDG_RUNTIME_DIR/systemd/user" "$HOME/.local/share/systemd/user" \
      /etc/systemd/user /run/systemd/user /usr/local/lib/systemd/user
  else
    set -- /etc/systemd/system.control /run/systemd/system.control /run/systemd/transient /run/systemd/system \
      /usr/local/lib/systemd/system
  fi
  for place do
    [ -d "$place" ] || continue
    places=$places$place$newline
    case $place in *.control | */transient) before=$before$place$newline ;; esac
  done
}

# What stands in those places and changes asked units, in $found, a line each: drop-ins, loaded or not, and unit files
# that come before ours. What is loaded of drop-ins for all units of a kind or a prefix is among them. None of it is
# ours, so its content is not sent.
foreign_paths() {
  found=
  other_places
  IFS=$newline
  for place in $places; do
    for folder in $folders; do
      set +f
      for path in "$place/${folder##*/}"/*.conf; do
        set -f
        if [ -e "$path" ] || [ -L "$path" ]; then found=$found$path$newline; fi
      done
      set -f
    done
  done
  for place in $before; do
    for name in $units; do
      path=$place/$name
      if [ -e "$path" ] || [ -L "$path" ]; then found=$found$path$newline; fi
    done
  done
  unset IFS
  # More than one stands on a line, with blanks between.
  for path in $loaded_drop_ins; do
    case $path in
      "${real:-/}"/*) path=$config${path#"$real"} ;;
      /usr/local/*) ;;
      /usr/* | /lib/*) continue ;;
    esac
    if [ -e "$path" ] || [ -L "$path" ]; then found=$found$path$newline; fi
  done
}

# add_files PATH...: the declared files, then those of the ledger and the drop-ins beside asked units that are not
# among them, then everything is asked of all.
add_files() {
  known=$newline
  for path do known=$known$path$newline; done
  declared=$#
  words=
  for word in $ledger_files; do
    decode "$word"
    case $known in *"$newline$decoded$newline"*) continue ;; esac
    set -- "$@" "$decoded"
    known=$known$decoded$newline
    words=$words$word$newline
    rules="${rules}public -$newline"
  done
  IFS=$newline
  set -f
  for folder in $folders; do
    set +f
    for path in "$folder"/*.conf; do
      [ -e "$path" ] || [ -L "$path" ] || continue
      case $known in *"$newline$path$newline"*) continue ;; esac
      encode "$path"
      set -- "$@" "$path"
      words=$words$encoded$newline
      rules="${rules}never$newline"
    done
  done
  set -f
  foreign_paths
  IFS=$newline
  taken=0
  for path in $found; do
    case $known in *"$newline$path$newline"*) continue ;; esac
    taken=$((taken + 1))
    [ $taken -le 256 ] || break
    known=$known$path$newline
    encode "$path"
    set -- "$@" "$path"
    words=$words$encoded$newline
    rules="${rules}never$newline"
  done
  set +f
  unset IFS
  file_states "$@"
}

# Where the configuration directory is behind the links on the way to it, if there are any: drop-ins are shown so.
real_config() {
  real=
  # Without a subshell, which would be a process more for each scope of each plan.
  cd -P -- "$config" 2>/dev/null || return 0
  real=$PWD
  cd /
  case $real in "$config" | / | *"$newline"*) real= ;; esac
  [ -n "$real" ] || return 0
  frame real-config
  printf '%s\n' "$real"
}

# scope PATH...: everything, in this order. Set before: nonce, limiter, manager, config, allowance, units, also, patterns,
# folders, rules, ledger_units, ledger_files.
scope() {
  known=$newline
  along=
  pulled=
  loaded_drop_ins=
  held=
  sourceless=
  add_ledger_units
  real_config
  answers=
  if manager_state; then
    answers=yes
    unit_states
  else
    for name in $wants_links; do
      fragment=
      with=
      print_wanted_by "$name"
    done
  fi
  links
  links_elsewhere
  [ -z "$answers" ] || pulling
  add_files "$@"
  rehearsal
  frame scope-end
}
