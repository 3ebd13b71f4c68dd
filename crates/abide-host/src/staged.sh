# Files that are not where they belong yet are read by the host's own programs: by whom they are for, in a directory of that
# user. What stands here is text for that user's shell.

# The beginning of such a script. BASE...: where its directory is made; the user's own places where there is none.
# shellcheck disable=SC2016 # this text is for another shell
check_head='
umask 077
dir=
[ $# -gt 0 ] || set -- "${XDG_RUNTIME_DIR-}" "$HOME" /tmp
for base do
  if [ ! -d "$base" ] || [ ! -w "$base" ]; then continue; fi
  # What a run left behind that was cut goes.
  for old in "$base"/.abide-check.*; do
    whose=${old##*/.abide-check.}
    { [ "${whose%%.*}" != 0 ] && kill -0 "${whose%%.*}" 2>/dev/null; } || rm -rf -- "$old" 2>/dev/null
  done
  dir=$(mktemp -d -- "$base/.abide-check.$$.XXXXXXXXXX" 2>/dev/null) && break
done
if [ -z "$dir" ]; then
  echo "there is no room to look at the new files"
  exit 1
fi
trap "rm -rf -- \"\$dir\"" EXIT
trap "exit 1" HUP INT TERM
below=$dir
named() {
  name=$(cat && echo .)
  name=${name%??}
}
make_parent() { case $name in */*) mkdir -p -- "$below/${name%/*}" ;; esac; }
put() { make_parent && base64 -d >"$below/$name"; }
drop() { rm -f -- "$below/$name"; }
mask() { make_parent && ln -s /dev/null "$below/$name"; }
'

# UNIT, in $name where its file should be: a unit of which only drop-ins change, from its own file or wherever it is
# loaded from. Then what systemd thinks of all.
# shellcheck disable=SC2016 # this text is for another shell
verify_head='
units=
unit() { put && units="$units $below/$name"; }
loaded() {
  if ! [ -f "$name" ]; then
    name=$(systemctl "$manager" show -p FragmentPath -- "$1" </dev/null 2>/dev/null | sed -n "s/^FragmentPath=//p" | head -n 1)
    [ -f "$name" ] || return 0
  fi
  if head -c 1048576 -- "$name" >"$below/$1" 2>/dev/null; then
    units="$units $below/$1"
  else
    rm -f -- "$below/$1"
  fi
}
verify() {
  [ -n "$units" ] || exit 0
  mkdir -- "$below.run"
  trap "rm -rf -- \"\$dir\" \"\$dir.run\"" EXIT
  # shellcheck disable=SC2086 # words
  said=$(XDG_RUNTIME_DIR=$below.run systemd-analyze --no-pager --man=no "$manager" verify $units </dev/null 2>&1)
  ended=$?
  printf "%s\n" "$said" | sed "s|$below/||g"
  exit $ended
}
'
