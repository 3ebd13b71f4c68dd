# What stands in the place of ledgers.

# $fault: why a file or directory of this owner and raw mode is not of this type and ours alone to write. The mode is in
# hexadecimal digits: the first is the type, the last two have the bits of group and others.
find_fault() { # OWNER MODE TYPE
  fault=
  case $2 in
    "$3"???) ;;
    *) fault=kind ;;
  esac
  [ -n "$fault" ] || [ "$1" = "$acting_id" ] || fault=owner
  [ -n "$fault" ] || case $2 in *[13579bdf]? | *[2367abef]) fault=writable ;; esac
}

# each_ledger FUNCTION: for each, with its $path, $name, $written and $fault. The directory comes first.
each_ledger() {
  while read -r uid mode size day time zone path; do
    # busybox 1.30 prints no zone, which is UTC's anyway.
    case $zone in /*) path=$zone${path:+ $path} zone=+0000 ;; esac
    written="$day $time $zone"
    if [ "$path" = "$ledgers" ]; then
      find_fault "$uid" "$mode" 4
      place_fault=${fault:+directory-$fault}
      continue
    fi
    name=${path#"$ledgers/"}
    case $name in '' | *[!A-Za-z0-9_.-]* | [!A-Za-z0-9]*) continue ;; esac
    find_fault "$uid" "$mode" 8
    [ -n "$fault" ] || [ "$size" -le 1048576 ] || fault=large
    [ -n "$fault" ] || [ -r "$path" ] || fault=unreadable
    "$1"
  done <<STATES
$described
STATES
}
