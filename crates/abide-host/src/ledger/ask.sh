# The ledgers of a host as they stand. Nothing here changes the host.

# show_ledgers ROUTE REASON
show_ledgers() {
  places "$1" "$2"
  if ! find_limiter; then
    frame no-timeout
    return
  fi
  acting_id=$(id -u)
  place_fault=
  described=
  frame directory
  printf '%s\n' "$ledgers"
  if [ -e "$ledgers" ] || [ -L "$ledgers" ]; then
    place_fault=directory-unseen
    described=$(limit 30 stat -c '%u %f %s %z %n' -- "$ledgers" "$ledgers"/* 2>/dev/null | head -c 1048576)
  fi
  {
    each_ledger show_ledger
    # Told behind them: the first line of what each_ledger reads says it.
    [ -z "$place_fault" ] || frame directory-fault "${place_fault#directory-}"
  } | head -c "$ledgers_room"
  if [ -d "$ledgers/.new" ] && ! [ -L "$ledgers/.new" ]; then frame in-the-way; fi
  frame count "$(each_ledger one_more | wc -l)"
  names=$(each_ledger named_users | sort -u | head -n 4096 | of_ledger)
  if [ -n "$names" ]; then
    frame passwd
    homes | head -c 1048576
  fi
  frame end
}

# homes: the lines of the passwd database for $names.
homes() {
  if command -v getent >/dev/null 2>&1; then
    set -f
    # shellcheck disable=SC2086 # words
    limit 30 getent passwd $names
    set +f
  else
    cat /etc/passwd
  fi
}

one_more() { [ "$place_fault" = directory-kind ] || echo "$name"; }

# show_ledger: one, with its $path, $name, $fault, $size and $mode. What is no file is not opened.
show_ledger() {
  [ "$place_fault" != directory-kind ] || return 0
  case ${fault:-ok} in
    kind | large | unreadable) what=none ;;
    *) if [ -r "$path" ]; then what=text; else what=none; fi ;;
  esac
  frame ledger "$name" "${fault:-ok}" "$what" "$size" "$mode"
  [ $what = none ] || limit 20 head -c 1048576 -- "$path"
}

# named_users: whose homes one must know to judge its lines.
named_users() {
  [ "$place_fault" != directory-kind ] || return 0
  case ${fault:-ok} in kind | large | unreadable) return 0 ;; esac
  limit 20 sed -n 's/^file user:\([A-Za-z_][A-Za-z0-9_.@%-]*\) .*/\1/p' -- "$path" 2>/dev/null | sort -u
}
