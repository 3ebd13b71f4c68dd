# stage ID: what a step will write, by standard input.
stage() { cat >"$work/new/$1" || stop_here "no room in $work"; }
stage64() { base64 -d >"$work/new/$1" || stop_here "no room in $work"; }

# The texts below run as the scope's user, so that no link which a user planted leads to what is not the user's.

# What stands at PATH: a line that says what it is, then its content or target.
# shellcheck disable=SC2016 # this text is for another shell
saver='
path=$1
if [ -L "$path" ]; then
  echo link
  readlink -- "$path"
elif [ -f "$path" ] && [ -r "$path" ]; then
  echo "file $(stat -c %a -- "$path")"
  cat -- "$path"
elif [ -e "$path" ]; then
  echo unreadable
else
  echo nothing
fi'

# PATH MODE, content by standard input. The new file is made beside the old one and renamed over it, so that nobody
# sees half of it; a link in its place is replaced, never followed.
# shellcheck disable=SC2016 # this text is for another shell
writer='
set -eu
path=$1 mode=$2 dir=${1%/*}
[ -d "$dir" ] || mkdir -p -- "$dir"
if [ -d "$path" ] && ! [ -L "$path" ]; then
  echo "$path is a directory" >&2
  exit 1
fi
umask 077
new=$dir/.abide-new
rm -f -- "$new"
trap "rm -f -- \"\$new\"" EXIT
set -C
cat >"$new"
chmod -- "$mode" "$new"
sync -- "$new" 2>/dev/null || :
if [ -L "$path" ]; then rm -f -- "$path"; fi
mv -f -- "$new" "$path"'

# PATH: removes it, and the directory of drop-ins that it leaves empty.
# shellcheck disable=SC2016 # this text is for another shell
remover='
rm -f -- "$1" || exit 1
case ${1%/*} in *.d) rmdir -- "${1%/*}" 2>/dev/null || : ;; esac'

# PATH TARGET
# shellcheck disable=SC2016 # this text is for another shell
linker='rm -f -- "$1" && ln -s -- "$2" "$1"'

# PATH MODE
# shellcheck disable=SC2016 # this text is for another shell
moder='
if ! [ -f "$1" ] || [ -L "$1" ]; then
  echo "$1 is no file" >&2
  exit 1
fi
chmod -- "$2" "$1"'

# write_file ID SCOPE PATH MODE
write_file() {
  in_scope "$2" sh -c "$saver" sh "$3" >"$work/old/$1" &&
    in_scope "$2" sh -c "$writer" sh "$3" "$4" <"$work/new/$1"
}

# remove_file ID SCOPE PATH
remove_file() {
  in_scope "$2" sh -c "$saver" sh "$3" >"$work/old/$1" &&
    in_scope "$2" sh -c "$remover" sh "$3"
}

# set_mode SCOPE PATH MODE
set_mode() { in_scope "$1" sh -c "$moder" sh "$2" "$3"; }

# file_step KIND ID SCOPE PATH MODE: the current step is about a file; it can be put back later.
file_step() {
  run "$1_file" "$2" "$3" "$4" ${5+"$5"}
  touched="$touched $2"
  eval "scope_$2=\$3 path_$2=\$4"
  eval "status=\$status_$2"
  [ "$status" = ok ] || broken="$broken $3"
}

# put_back SCOPE: undoes the file steps of a scope.
put_back() {
  back=$1
  for id in $touched; do
    eval "where=\$scope_$id path=\$path_$id status=\$status_$id"
    # shellcheck disable=SC2154 # set by eval
    if [ "$where" != "$back" ] || [ "$status" != ok ]; then continue; fi
    current=$id
    if said=$(put_back_file "$work/old/$id" "$path" 2>&1); then
      finish restored
    else
      finish failed "it could not be put back: $said"
    fi
  done
  for entry in $enabled_new; do
    [ "${entry%%|*}" != "$back" ] || ctl "$back" --no-reload disable -- "${entry#*|}" >/dev/null 2>&1 || :
  done
}

put_back_file() { # SAVED PATH
  read -r what mode <"$1"
  case $what in
    file) tail -n +2 "$1" | in_scope "$back" sh -c "$writer" sh "$2" "$mode" ;;
    link) in_scope "$back" sh -c "$linker" sh "$2" "$(tail -n +2 "$1")" ;;
    nothing) in_scope "$back" sh -c "$remover" sh "$2" ;;
    *)
      echo "the old one could not be read" >&2
      return 1
      ;;
  esac
}

# check_files SCOPE: where a file could not be written, the others of its scope are put back and nothing more is done
# there.
check_files() {
  case " $broken " in *" $1 "*) ;; *) return 0 ;; esac
  put_back "$1"
  start_again "$1"
  given_up="$given_up $1"
}
