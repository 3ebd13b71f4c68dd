# The host, its users, the ledgers and the lock. Nothing here changes the host.

# Where systemd looks for generators of the system, first come first (systemd.generator(7)).
generator_folders='/run/systemd/system-generators /etc/systemd/system-generators
  /usr/local/lib/systemd/system-generators /usr/lib/systemd/system-generators /lib/systemd/system-generators'

host_facts() {
  frame host
  hostname=
  read -r hostname </proc/sys/kernel/hostname
  machine=
  [ -r /etc/machine-id ] && read -r machine </etc/machine-id
  read -r boot </proc/sys/kernel/random/boot_id
  read -r uptime _ </proc/uptime
  printf 'hostname=%s\nmachine_id=%s\nboot_id=%s\n' "$hostname" "$machine" "$boot"
  printf 'now=%s\nuptime=%s\n' "$(date '+%s.%N')" "$uptime"
  printf 'login=%s\nlogin_uid=%s\nroute=%s\nrun_as=%s\n' "$login" "$login_uid" "$route" "$run_as"
  printf 'reason=%s\n' "$(printf '%s' "$reason" | tr '\n' ' ' | head -c 500)"
  for release in /etc/os-release /usr/lib/os-release; do
    [ -r "$release" ] || continue
    printf 'os=%s\n' "$(sed -n 's/^PRETTY_NAME=//p' "$release" | head -n 1 | head -c 200)"
    break
  done
  printf 'may_linger=%s\n' "$(may_linger)"
}

# Whether polkit lets the login user linger itself. Without polkit logind lets nobody but root.
may_linger() {
  [ "$route" = none ] || return 0
  if command -v pkcheck >/dev/null 2>&1; then
    if limit 10 pkcheck --action-id org.freedesktop.login1.set-self-linger --process $$ >/dev/null 2>&1; then
      echo yes
    else
      echo no
    fi
  elif ! [ -e /usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service ]; then
    echo no
  fi
}

# What makes services of quadlets, and how old it is. It tells its version since 4.5, Podman itself always did.
podman_facts() {
  [ -n "$quadlets" ] || return 0
  frame podman
  generator=
  for folder in $generator_folders; do
    [ -e "$folder/podman-system-generator" ] || continue
    # A link to /dev/null turns it off.
    if [ -x "$folder/podman-system-generator" ]; then generator=$folder/podman-system-generator; fi
    break
  done
  version=
  if [ -n "$generator" ]; then version=$(limit 10 "$generator" -version 2>/dev/null | head -c 200); fi
  case $version in
    [0-9]*) ;;
    *) version=$(limit 10 podman --version 2>/dev/null | head -c 200) ;;
  esac
  printf 'generator=%s\nversion=%s\n' "$generator" "$(printf '%s' "$version" | tr '\n' ' ')"
}

# The manager of the system tells its version and state as well as when it read its units.
system_manager() {
  frame manager
  properties=Version,SystemState,UserspaceTimestamp,UserspaceTimestampMonotonic
  limit 30 systemctl show --timestamp=us -p $properties 2>/dev/null ||
    limit 30 systemctl show -p $properties 2>&1 | head -c 2000
}

lingering() {
  lingers=
  frame linger
  for path in /var/lib/systemd/linger/*; do
    [ -e "$path" ] || continue
    name=${path##*/}
    # As `linger_record` says; what has another escape is no name that anybody declares.
    case $name in
      *\\\\*) name=${name%%\\\\*}\\${name#*\\\\} ;;
      *\\*) continue ;;
    esac
    case $name in
      *[!A-Za-z0-9_.@\\-]* | [!A-Za-z0-9_]* | *\\*\\*) continue ;;
      # Of a domain the name may begin with a digit, of a user not.
      [0-9]*\\*) ;;
      [0-9]*) continue ;;
    esac
    lingers="$lingers $name"
    printf '%s\n' "$name"
  done
}

# Sessions that hold a user's manager up; the manager itself has a session too since systemd 256.
sessions() {
  frame sessions
  for path in /run/systemd/sessions/*; do
    case $path in *.ref) continue ;; esac
    if ! [ -f "$path" ] || ! [ -r "$path" ]; then continue; fi
    uid=
    class=
    state=
    while IFS='=' read -r key value; do
      case $key in
        UID) uid=$value ;;
        CLASS) class=$value ;;
        STATE) state=$value ;;
      esac
    done <"$path"
    printf '%s %s %s\n' "$uid" "$class" "$state"
  done
}

group_facts() {
  gids=
  managers=
  frame ids
  IFS=$newline
  for line in $passwd; do
    unset IFS
    take_apart "$line" || continue
    # Its home may be on what does not answer.
    # shellcheck disable=SC2016 # this text is for another shell
    ids=$(limit 10 sh -c '[ -d "$2" ] && there=home || there=-; echo "$there $(id -G "$1")"' sh "$name" "$home" 2>/dev/null)
    case " $absent_users " in *" $name "*) ! is_mounted "$home" || ids="mounted ${ids#* }" ;; esac
    printf '%s %s\n' "$name" "${ids:--}"
    ids=${ids#* }
    gids="$gids $gid $ids"
    managers="$managers user@$uid.service user-runtime-dir@$uid.service user-$uid.slice"
  done
  # With what they need to start.
  # shellcheck disable=SC2086 # names of units
  [ -z "$managers" ] || managers=$(limit 30 systemctl show -p Id,ActiveState,LoadState,UnitFileState,MainPID -- $managers user.slice systemd-logind.service 2>&1 | head -c 524288)
  manager_groups
  frame group
  if command -v getent >/dev/null 2>&1; then
    # shellcheck disable=SC2046,SC2086 # numbers
    limit 30 getent group $(printf '%s\n' $gids | sort -un) | cut -d: -f1,3
  else
    cut -d: -f1,3 /etc/group
  fi | head -c 1048576
  frame user-managers
  printf '%s\n' "$managers"
  frame manager-groups
  printf '%s' "$groups_of_managers"
}

# The groups that these managers have, by id, in $groups_of_managers, a line each: those of the account may have changed
# since they started. What is of services only stands before `Id` or, since systemd 262 at the latest, behind it: an empty
# line ends a unit.
manager_groups() {
  groups_of_managers=
  uid=
  pid=
  while IFS= read -r line; do
    case $line in
      MainPID=*) pid=${line#*=} ;;
      Id=user@*.service)
        uid=${line#*@}
        uid=${uid%.service}
        ;;
      '')
        [ "${pid:-0}" = 0 ] || [ -z "$uid" ] || process_groups "$pid" "$uid"
        uid=
        pid=
        ;;
    esac
  done <<MANAGERS
$managers

MANAGERS
}

# process_groups PID UID: nothing where that process is gone, or another user's.
process_groups() {
  while read -r key first rest; do
    case $key in
      Uid:) [ "$first" = "$2" ] || return 0 ;;
      Gid:) primary=$first ;;
      Groups:)
        groups_of_managers="$groups_of_managers$2 $primary $first $rest$newline"
        gids="$gids $primary $first $rest"
        return 0
        ;;
    esac
  done 2>/dev/null <"/proc/$1/status"
}

# is_mounted PATH: whether something is mounted there or below.
is_mounted() {
  while read -r _ _ _ _ point _; do
    case $point in "$1" | "$1"/*) return 0 ;; esac
  done 2>/dev/null </proc/self/mountinfo
  return 1
}

# What runs as users that are to go, whatever started it: `UID PID CGROUP NAME`.
processes() {
  [ "$route" != none ] && [ -n "$absent_users" ] || return 0
  uids=
  IFS=$newline
  for line in $passwd; do
    unset IFS
    take_apart "$line" || continue
    case " $absent_users " in *" $name "*) uids="$uids $uid" ;; esac
  done
  unset IFS
  [ -n "$uids" ] || return 0
  frame processes
  {
    set +f
    stat -c '%u %n' /proc/[0-9]*
    set -f
  } 2>/dev/null | while read -r owner process; do
    case " $uids " in *" $owner "*) ;; *) continue ;; esac
    group=
    while IFS= read -r line; do
      case $line in
        0::*) group=${line#0::} ;;
        *:name=systemd:*) group=${line#*:name=systemd:} ;;
      esac
    done <"$process/cgroup"
    command=
    IFS= read -r command <"$process/comm"
    [ -z "$command" ] || printf '%s %s %s %s\n' "$owner" "${process#/proc/}" "${group:-/}" "$command"
  done 2>/dev/null | head -n 500 | head -c 262144
}

lock_facts() {
  if lock_is_held; then
    frame lock
    lock_told
  elif [ -s "$lock" ] || [ -d "$lock.d" ]; then
    # Whoever wrote that is gone.
    frame stale-lock
    head -c 1000 -- "$lock" "$lock.d/holder" 2>/dev/null
  fi
}

# Whether nothing is to be done here for now; a few lines that abide wrote.
suspension() {
  if ! [ -f "$suspended" ] || ! [ -r "$suspended" ]; then return 0; fi
  frame suspended
  number=0
  while [ $number -lt 8 ] && IFS= read -r line; do
    printf '%s\n' "$line"
    number=$((number + 1))
  done <"$suspended"
}

# What stands in the place of ledgers, and $own_ledger, that of this manifest. What is none is told and not opened: a pipe has
# no end, and a link leads elsewhere.
look_at_ledgers() {
  own_ledger=
  described=
  if ! [ -e "$ledgers" ] && ! [ -L "$ledgers" ]; then return 0; fi
  described=$(limit 30 stat -c '%u %f %s %z %n' -- "$ledgers" "$ledgers"/* 2>/dev/null)
  place_fault=unseen
  each_ledger look_at_ledger
  [ -z "$place_fault" ] || described=
  [ -z "$place_fault" ] || frame no-ledgers "$place_fault"
}

look_at_ledger() {
  if [ "$name" = "$manifest" ] && [ -z "$fault" ]; then own_ledger=$path; fi
}

# The ledgers, and when this manifest's was written last.
ledgers() { each_ledger print_ledger; }

print_ledger() {
  if [ "$name" = "$manifest" ] && [ -z "$fault" ]; then
    frame applied
    printf '%s\n' "$written"
  fi
  frame ledger "$name" ${fault:+"$fault"}
  [ -n "$fault" ] || head -c 1048576 "$path"
}

# ledger_words KIND SCOPE: the names that this manifest's ledger has there, if it names them as abide does.
ledger_words() {
  [ -n "$own_ledger" ] || return 0
  in_ledger "$2"
  case $1:$2 in
    unit:*) place='' ;;
    file:system) place='/etc/\(systemd/system\|containers/systemd\)/' ;;
    file:*) place=/ ;;
  esac
  sed -n "s#^$1 $encoded \($place\([A-Za-z0-9/._:@+,=~-]\|%[0-9A-F][0-9A-F]\)*\) [0-9a-z -]*\$#\1#p" "$own_ledger"
}

# Users that this manifest's ledger names: owners of files and units, accounts, lingering.
ledger_users() {
  [ -n "$own_ledger" ] || return 0
  sed -n \
    -e 's/^\(file\|unit\) user:\([A-Za-z0-9_][A-Za-z0-9_.@%-]*\) .*/\2/p' \
    -e 's/^\(user\|linger\) \([A-Za-z0-9_][A-Za-z0-9_.@%-]*\)$/\2/p' "$own_ledger" | sort -u | of_ledger
}

# What the shell of a scope reads: the functions, what is asked there, and the call.
scope_script() {
  printf '%s\n' "$common" "$scope_functions" "nonce=$nonce" "limiter=$limiter" \
    "rehearse=$rehearse" "run_as=$run_as"
  printf "ledger_units='%s'\nledger_files='%s'\n" "$(ledger_words unit "$1")" "$(ledger_words file "$1")"
  asked "$1"
}

# Its answer comes behind a tab, line by line: whatever a user's own process writes, it is no frame of ours.
scope_answer() {
  frame scope "$1"
  room_of "$1"
  share_time
  text=$(scope_script "$1")
  # Nobody can keep this script writing or reading: whoever takes in no more than a pipe holds, or keeps the answer open,
  # is left alone.
  {
    if [ ${#text} -lt 60000 ]; then
      printf '%s\n' "$text"
    else
      printf '%s\n' "$text" | limit "$share" cat
    fi
  } | "$2" 2>&1 | limit $((share + 3)) head -c "$room" | sed 's/^/	/'
}

# What is spared for scopes that only the ledger names is shared by them, and by the system where that is one.
share_spare() {
  undeclared=1
  for name in $scope_users; do
    case " $declared_users " in
      *" $name "*) ;;
      *) undeclared=$((undeclared + 1)) ;;
    esac
  done
  spare=$((spare / undeclared))
}

# share_time: $share, the seconds that one scope may take. What others did not use is there for those after them, and
# nobody can use it all up.
share_time() {
  read -r clock _ </proc/uptime
  clock=${clock%%.*}
  share=$(((began + 100 - clock) / scopes_left))
  [ "$share" -le 60 ] || share=60
  [ "$share" -ge 5 ] || share=5
  [ "$scopes_left" -le 1 ] || scopes_left=$((scopes_left - 1))
}

as_us() { limit "$share" sh -s; }

# Every declared scope and every one that the ledger names, each in a shell of its user.
scopes() {
  # shellcheck disable=SC2086 # names
  set -- system $scope_users
  scopes_left=$#
  if [ -n "$system_scope" ] || [ -n "$(ledger_words unit system)$(ledger_words file system)" ]; then
    scope_answer system as_us
  fi
  IFS=$newline
  for line in $passwd; do
    unset IFS
    take_apart "$line" || continue
    case " $scope_users " in *" $name "*) ;; *) continue ;; esac
    if [ "$route" = none ]; then
      [ "$uid" = "$login_uid" ] || continue
    elif [ -z "$run_as" ] && [ "$uid" != 0 ]; then
      continue
    fi
    scope_answer "user:$name" as_user
  done
}

probe() {
  route=$1
  login=$2
  login_uid=$3
  reason=$4
  export LC_ALL=C TZ=UTC SYSTEMD_LOG_COLOR=0
  cd / || return
  if ! [ -d /run/systemd/system ]; then
    frame no-systemd
    return
  fi
  if [ "$route" = none ]; then
    state=${XDG_STATE_HOME:-$HOME/.local/state}/abide
    ledgers=$state/ledger
    lock=$state/lock
    suspended=$state/suspended
  else
    ledgers=/var/lib/abide/ledger
    lock=/run/abide/lock
    suspended=/var/lib/abide/suspended
  fi
  if [ "$route" = none ]; then acting_id=$login_uid; else acting_id=0; fi
  read -r began _ </proc/uptime
  began=${began%%.*}
  if ! find_limiter; then
    frame no-timeout
    return
  fi
  find_run_as
  host_facts
  system_manager
  podman_facts
  lingering
  sessions
  lock_facts
  suspension
  look_at_ledgers
  ledgers | head -c "$ledgers_room"
  scope_users="$declared_users $(ledger_users | tr '\n' ' ')"
  set -f
  share_spare
  # shellcheck disable=SC2046,SC2086 # names of users have neither blanks nor patterns
  passwd_lines $(printf '%s\n' "$login" $lingers $scope_users | sort -u)
  group_facts
  processes
  scopes
  frame end
}
