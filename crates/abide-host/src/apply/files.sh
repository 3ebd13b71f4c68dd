# Run as the scope's user: PATH MODE, content by standard input. The new file is made beside the old one and renamed
# over it, so that nobody sees half of it; a symbolic link in its place is replaced, never followed.
# shellcheck disable=SC2016 # this text is for another shell
writer='set -eu
path=$1 mode=$2 dir=${1%/*} name=${1##*/}
[ -d "$dir" ] || mkdir -p -- "$dir"
if [ -d "$path" ] && ! [ -L "$path" ]; then echo "$path is a directory" >&2; exit 1; fi
umask 077
new=$dir/.abide-$$.new
trap "rm -f -- \"\$new\"" EXIT
set -C
cat >"$new"
chmod -- "$mode" "$new"
sync -- "$new" 2>/dev/null || :
if [ -L "$path" ]; then rm -f -- "$path"; fi
mv -f -- "$new" "$path"'

# stage ID: what a step will write, by standard input.
stage() { cat >"$work/new/$1" || stop_here "no room in $work"; }
stage64() { base64 -d >"$work/new/$1" || stop_here "no room in $work"; }

# remember ID SCOPE PATH: what stands at a path, so that it can be put back.
# shellcheck disable=SC2016 # these texts are for another shell
remember() {
  if target=$(in_scope "$2" sh -c '[ -L "$1" ] && readlink -- "$1"' sh "$3"); then
    printf '%s' "$target" >"$work/old/$1.link"
  elif in_scope "$2" sh -c '[ -e "$1" ]' sh "$3"; then
    in_scope "$2" sh -c 'stat -c %a -- "$1"' sh "$3" >"$work/old/$1.mode" &&
      in_scope "$2" sh -c 'cat -- "$1"' sh "$3" >"$work/old/$1"
  fi
}

write_file() { # ID SCOPE PATH MODE
  remember "$1" "$2" "$3" &&
    in_scope "$2" sh -c "$writer" sh "$3" "$4" <"$work/new/$1"
}

# shellcheck disable=SC2016 # this text is for another shell
remove_file() { # ID SCOPE PATH
  remember "$1" "$2" "$3" &&
    in_scope "$2" sh -c 'rm -f -- "$1" && case ${1%/*} in *.d) rmdir -- "${1%/*}" 2>/dev/null ;; esac; ! [ -e "$1" ]' sh "$3"
}

# shellcheck disable=SC2016 # this text is for another shell
set_mode() { # SCOPE PATH MODE
  in_scope "$1" sh -c '[ -f "$1" ] && ! [ -L "$1" ] && chmod -- "$2" "$1"' sh "$2" "$3"
}

# file_step KIND ID SCOPE PATH MODE: the current step is about a file; it can be put back later.
file_step() {
  kind=$1
  shift
  case $kind in
    write) run write_file "$1" "$2" "$3" "$4" ;;
    remove) run remove_file "$1" "$2" "$3" ;;
  esac
  touched="$touched $1"
  eval "path_$1=\$3 scope_$1=\$2"
  [ "$(status_of "$1")" = ok ] || broken="$broken $2"
}

# put_back SCOPE: undoes the file steps of a scope.
# shellcheck disable=SC2016 # these texts are for another shell
put_back() {
  for id in $touched; do
    where='' path=''
    eval "where=\$scope_$id path=\$path_$id"
    { [ "$where" = "$1" ] && [ "$(status_of "$id")" = ok ]; } || continue
    current=$id
    if [ -e "$work/old/$id.link" ]; then
      said=$(in_scope "$1" sh -c 'rm -f -- "$1" && ln -s -- "$2" "$1"' sh "$path" "$(cat "$work/old/$id.link")" 2>&1)
    elif [ -e "$work/old/$id" ]; then
      said=$(in_scope "$1" sh -c "$writer" sh "$path" "$(cat "$work/old/$id.mode")" <"$work/old/$id" 2>&1)
    else
      said=$(in_scope "$1" sh -c 'rm -f -- "$1"; case ${1%/*} in *.d) rmdir -- "${1%/*}" 2>/dev/null ;; esac; ! [ -e "$1" ]' sh "$path" 2>&1)
    fi
    # shellcheck disable=SC2181 # it is the status of whichever way was taken
    if [ $? = 0 ]; then finish restored; else finish failed "it could not be put back: $said"; fi
  done
}

# check_files SCOPE: where a file could not be written, the others of its scope are put back and nothing more is done there.
check_files() {
  case " $broken " in *" $1 "*) ;; *) return 0 ;; esac
  put_back "$1"
  start_again "$1"
  given_up="$given_up $1"
}
