# Mends ledgers, under the lock. Nothing is written into what stands there, whose it may be, and nothing but a regular file of
# a known digest is opened: it is copied, and a new file takes its place. Everything else is renamed, whatever it is.

# mended STEP COPY, not_mended STEP TEXT
mended() { tell mended "$1" "$2"; }
not_mended() {
  tell not-mended "$1" "$(line_of "$2")"
  outcome=1
}

# fault_of PATH TYPE: $fault and $mode of now.
fault_of() {
  states=$(limit 30 stat -c '%u %f' -- "$1" 2>/dev/null) || states='- 0'
  mode=${states#* }
  find_fault "${states%% *}" "$mode" "$2"
}

# copy_place PATH: $copy, a name beside it that nothing has. No ledger has one that begins with a dot.
copy_place() {
  number=0
  while :; do
    copy=${1%/*}/.kept.${1##*/}.$began_at.$number
    if ! [ -e "$copy" ] && ! [ -L "$copy" ]; then return 0; fi
    number=$((number + 1))
    [ $number -lt 1000 ] || return 1
  done
}

# move_aside PATH: renamed and never opened or followed.
move_aside() { copy_place "$1" && mv -- "$1" "$copy"; }

# mend_directory STEP FAULT
mend_directory() {
  fault_of "$ledgers" 4
  if [ "$fault" != "$2" ]; then
    not_mended "$1" "it is another now than what was seen: look again"
    return 1
  fi
  copy=
  if [ "$fault" = kind ] || [ "$acting_id" != 0 ]; then
    [ "$fault" = writable ] || move_aside "$ledgers" || {
      not_mended "$1" "$ledgers cannot be renamed"
      return 1
    }
  elif ! chown -- "$acting_id" "$ledgers"; then
    not_mended "$1" "$ledgers cannot be given to its owner"
    return 1
  fi
  (umask 077 && mkdir -p -- "$ledgers") && chmod 700 -- "$ledgers" && fault_of "$ledgers" 4
  if [ -n "$fault" ]; then
    not_mended "$1" "it could not be put right"
    return 1
  fi
  moved_to=$copy
  mended "$1" "$copy"
} 2>/dev/null

# went_along STEP NAME: whether it went aside with its directory.
went_along() {
  [ -n "$moved_to" ] || return 1
  mended "$1" "$moved_to/$2"
}

# mend_way STEP
mend_way() {
  if went_along "$1" .new; then
    return
  elif ! [ -d "$ledgers/.new" ] || [ -L "$ledgers/.new" ]; then
    mended "$1"
  elif move_aside "$ledgers/.new"; then
    mended "$1" "$copy"
  else
    not_mended "$1" "it cannot be renamed"
  fi
} 2>/dev/null

# set_aside STEP NAME FAULT
set_aside() {
  ! went_along "$1" "$2" || return 0
  path=$ledgers/$2
  state_of_ledger "$path"
  if [ "$fault" != "$3" ]; then
    not_mended "$1" "it is another now than what was seen: look again"
  elif move_aside "$path" && ! [ -e "$path" ] && ! [ -L "$path" ]; then
    mended "$1" "$copy"
  else
    not_mended "$1" "it cannot be renamed"
  fi
} 2>/dev/null

# state_of_ledger PATH: $fault, as the question found it.
state_of_ledger() {
  fault_of "$1" 8
  [ -z "$fault" ] || return 0
  size=$(limit 30 stat -c %s -- "$1" 2>/dev/null) || size=0
  if [ "${size:-0}" -gt 1048576 ]; then
    fault=large
  elif ! [ -r "$1" ]; then
    fault=unreadable
  fi
}

# make_readable STEP NAME
make_readable() {
  ! went_along "$1" "$2" || return 0
  path=$ledgers/$2
  state_of_ledger "$path"
  if [ "$fault" != unreadable ]; then
    not_mended "$1" "it is another now than what was seen: look again"
  elif chmod 600 -- "$path"; then
    mended "$1"
  else
    not_mended "$1" "its mode cannot be changed"
  fi
} 2>/dev/null

# rewrite STEP NAME WAS BECOMES: the new text by standard input, to be of the digest BECOMES. The old one is copied.
rewrite() {
  ! went_along "$1" "$2" || return 0
  path=$ledgers/$2
  next=$ledgers/.new
  if ! [ -f "$path" ] || [ -L "$path" ] || ! copy_place "$path"; then
    not_mended "$1" "it is another now than what was seen: look again"
    return
  fi
  rm -f -- "$next"
  # What is copied is judged, and not what may be another a moment later.
  if ! (umask 077 && set -C && limit 20 head -c 1048577 -- "$path" >"$copy"); then
    not_mended "$1" "it cannot be copied"
    rm -f -- "$copy"
  elif [ "$(digest_of "$copy")" != "$3" ]; then
    not_mended "$1" "it is another now than what was seen: look again"
    rm -f -- "$copy"
  elif ! (umask 077 && set -C && cat >"$next") || [ "$(digest_of "$next")" != "$4" ]; then
    not_mended "$1" "the new one cannot be written"
    rm -f -- "$copy" "$next"
  else
    sync -- "$copy" "$next" || :
    if mv -f -- "$next" "$path" && fault_of "$path" 8 && [ -z "$fault" ] && [ "$(digest_of "$path")" = "$4" ]; then
      mended "$1" "$copy"
    else
      not_mended "$1" "it could not be put right; the old one is $copy"
    fi
  fi
} 2>/dev/null

digest_of() {
  sum=$(limit 30 sha256sum <"$1") || return 1
  printf '%s' "${sum%% *}"
}
