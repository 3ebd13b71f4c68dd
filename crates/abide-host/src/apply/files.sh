# stage ID: what a step will write, by standard input.
stage() { cat >"$work/new/$1" || stop_here "no room in $work"; }
stage64() { base64 -d >"$work/new/$1" || stop_here "no room in $work"; }

# The texts below run as the scope's user, so that no link which a user planted leads to what is not the user's.

# What they share. An old file is kept until the end under a second name in a place of its user's: no byte of it is copied,
# it counts where it counted before, and at no moment nothing is at its path. Only where that cannot be, as on another file
# system, it is copied, if it is not large.
# shellcheck disable=SC2016 # this text is for another shell
keeper='
keep() {
  if ! [ -e "$1" ] && ! [ -L "$1" ]; then
    echo nothing
  elif (umask 077 && mkdir -p -- "${2%/*}") 2>/dev/null && rm -rf -- "$2" && kept "$1" "$2"; then
    echo kept
  else
    rm -rf -- "$2" 2>/dev/null || :
    echo lost
  fi
}
kept() {
  if [ -L "$1" ]; then
    ln -s -- "$(readlink -- "$1")" "$2"
  else
    ln -- "$1" "$2" || { [ -f "$1" ] && [ -r "$1" ] && [ "$(stat -c %s -- "$1")" -le 16777216 ] && cp -p -- "$1" "$2"; }
  fi
} 2>/dev/null
no_directory() {
  if [ -d "$1" ] && ! [ -L "$1" ]; then
    printf "%s\n" "$1 is a directory" >&2
    exit 1
  fi
}
# A link to a directory is replaced as well, and never followed.
rename_over() {
  mv -fT -- "$1" "$2" 2>/dev/null && return
  [ ! -L "$2" ] || rm -f -- "$2"
  mv -f -- "$1" "$2"
}
'

# PATH MODE OLD, content by standard input. The new file is made beside the old one, by a name that nobody can have
# taken, and renamed over it, so that nobody sees half of it. Prints what became of the old one.
# shellcheck disable=SC2016 # this text is for another shell
writer=$keeper'
set -eu
path=$1 mode=$2 old=$3 dir=${1%/*}
[ -d "$dir" ] || mkdir -p -- "$dir"
no_directory "$path"
umask 077
rm -f -- "$dir"/.abide-new "$dir"/.abide-new.* 2>/dev/null || :
new=$(mktemp "$dir/.abide-new.XXXXXXXXXX")
trap "rm -f -- \"\$new\"" EXIT
cat >"$new"
chmod -- "$mode" "$new"
sync -- "$new" 2>/dev/null || :
keep "$path" "$old"
rename_over "$new" "$path"'

# PATH OLD: removes it, and the directory of drop-ins that it leaves empty.
# shellcheck disable=SC2016 # this text is for another shell
remover=$keeper'
no_directory "$1"
keep "$1" "$2"
rm -f -- "$1" || exit 1
case ${1%/*} in *.d) rmdir -- "${1%/*}" 2>/dev/null || : ;; esac'

# PATH OLD: what was kept is back, by a name beside it first. The second name goes at once: later it would change the time of
# change (ctime) of a file that the manager has read by then.
# shellcheck disable=SC2016 # this text is for another shell
restorer=$keeper'
set -eu
path=$1 old=$2 dir=${1%/*}
[ -d "$dir" ] || mkdir -p -- "$dir"
no_directory "$path"
new=$(mktemp -u "$dir/.abide-new.XXXXXXXXXX")
trap "rm -f -- \"\$new\"" EXIT
ln -- "$old" "$new" 2>/dev/null || cp -pP -- "$old" "$new"
rename_over "$new" "$path"
rm -f -- "$old" 2>/dev/null || :'

# PATH: what was not there before goes again.
# shellcheck disable=SC2016 # this text is for another shell
undoer='
rm -f -- "$1" || exit 1
case ${1%/*} in *.d) rmdir -- "${1%/*}" 2>/dev/null || : ;; esac'

# PATH MODE
# shellcheck disable=SC2016 # this text is for another shell
moder='
if ! [ -f "$1" ] || [ -L "$1" ]; then
  printf "%s\n" "$1 is no file" >&2
  exit 1
fi
chmod -- "$2" "$1"'

# old_place SCOPE: $old, where its old files are kept.
old_place() {
  if [ "$1" = system ]; then
    old=${suspended%/*}/old.$$
  else
    become_user "${1#user:}" || return 1
    old=$user_home/.local/state/abide/old.$$
  fi
}

# write_file ID SCOPE PATH MODE
write_file() {
  old_place "$2" && note_kept "$1" in_scope "$2" sh -c "$writer" sh "$3" "$4" "$old/$1" <"$work/new/$1"
}

# remove_file ID SCOPE PATH
remove_file() {
  old_place "$2" && note_kept "$1" in_scope "$2" sh -c "$remover" sh "$3" "$old/$1"
}

# note_kept ID COMMAND...: what it says of the old file; a word, whatever else it says.
note_kept() {
  of_step=$1
  shift
  if said=$("$@" 2>&1); then
    case $said in nothing | kept) ;; *) said=lost ;; esac
    echo "$said" >"$work/old/$of_step"
  else
    set -- $?
    printf '%s\n' "$said"
    return "$1"
  fi
}

# OLD: goes, and with it what cut runs left.
# shellcheck disable=SC2016 # this text is for another shell
tidier='
for left in "$1" "${1%.*}".*; do
  if [ "$left" = "$1" ] || [ ! -d "/proc/${left##*.}" ]; then rm -rf -- "$left"; fi
done
rmdir -- "${1%/*}" 2>/dev/null || :'

# tidy: no old file is needed any more.
tidy() {
  for id in $touched; do
    eval "where=\$scope_$id"
    case " $tidied " in *" $where "*) continue ;; esac
    tidied="$tidied $where"
    ! old_place "$where" || in_scope "$where" sh -c "$tidier" sh "$old" >/dev/null 2>&1 || :
  done
}

# set_mode SCOPE PATH MODE
set_mode() { in_scope "$1" sh -c "$moder" sh "$2" "$3"; }

# file_step KIND ID SCOPE PATH MODE: the current step is about a file; it can be put back later.
file_step() {
  run "$1_file" "$2" "$3" "$4" ${5+"$5"}
  touch_by "$2" file "$3"
  eval "path_$2=\$4 status=\$status_$2"
  [ "$status" = ok ] || broken="$broken $3"
}

# touch_by ID KIND SCOPE: a step that can be put back; the last one comes first.
touch_by() {
  touched="$1 $touched"
  eval "kind_$1=\$2 scope_$1=\$3"
}

# put_back SCOPE: undoes what steps did to the files and links of a scope.
put_back() {
  back=$1
  for id in $touched; do
    eval "where=\$scope_$id kind=\$kind_$id status=\$status_$id"
    # shellcheck disable=SC2154 # set by eval
    if [ "$where" != "$back" ]; then continue; fi
    current=$id
    # A file is changed at once or not at all; links come and go one by one.
    case $status:$kind in
      ok:*) if said=$("put_back_$kind" "$id" 2>&1); then finish restored; else finish failed "it could not be put back: $said"; fi ;;
      failed:links) put_back_links "$id" >/dev/null 2>&1 || : ;;
    esac
  done
}

put_back_file() { # ID
  eval "path=\$path_$1"
  read -r was <"$work/old/$1"
  old_place "$back" || return 1
  case $was in
    kept) in_scope "$back" sh -c "$restorer" sh "$path" "$old/$1" ;;
    nothing) in_scope "$back" sh -c "$undoer" sh "$path" ;;
    *)
      echo "the old one could not be kept" >&2
      return 1
      ;;
  esac
}

# check_files SCOPE: where a file could not be written, the others of its scope are put back and nothing more is done
# there.
check_files() {
  case " $broken " in *" $1 "*) ;; *) return 0 ;; esac
  back_to_before "$1"
}

# back_to_before SCOPE: all that was done there is undone, and nothing more is done. What is put back changes the time of
# change (ctime) of a file, so the manager reads all of them before what was stopped starts again: else these runs would
# count as runs of what it had read before.
back_to_before() {
  put_back "$1"
  ctl "$1" daemon-reload >/dev/null 2>&1 || :
  start_again "$1"
  given_up="$given_up $1"
}
