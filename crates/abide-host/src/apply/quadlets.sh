# Podman's own generator reads the new quadlets before anything is touched, as the user whose they are (verify.sh). Where
# it does not like one it makes no service of it, and says so only in the kernel's log.

generator_folders='/run/systemd/KIND-generators /etc/systemd/KIND-generators /usr/local/lib/systemd/KIND-generators
  /usr/lib/systemd/KIND-generators /lib/systemd/KIND-generators'

# What a generator would read is copied, for others may name it; a directory of a quadlet may hold much else. Below /etc
# there are other users' quadlets as well. Set before: kind, generator, quadlets, and services that must come of them.
# shellcheck disable=SC2016 # this text is for another shell
quadlet_head='
below=$dir/containers/systemd
mkdir -p -- "$below" || exit
# A megabyte each and sixteen in all.
copy() {
  cd -- "$quadlets" 2>/dev/null || return 0
  find -L . -type f -size -2048 ! -path "./users/*" \( -path "*.d/*.conf" -o -name "*.container" -o -name "*.pod" \
    -o -name "*.network" -o -name "*.volume" -o -name "*.kube" -o -name "*.image" -o -name "*.build" \
    -o -name "*.artifact" \) 2>/dev/null | head -n 2000 | {
    left=16777216
    while IFS= read -r file && [ "$left" -gt 0 ]; do
      mkdir -p -- "$below/${file%/*}" && head -c 1048576 -- "$file" >"$below/$file"
      left=$((left - $(stat -c %s -- "$below/$file") - 512))
    done
  } 2>/dev/null
  cd /
}
# DIRECTORY: what the generator makes of the quadlets there goes to $dir/made, what it says to them to $dir/words.
# Without a directory of those that stand where they belong.
dry_run() {
  if [ "$kind" = system ]; then
    set -- env ${1:+"QUADLET_UNIT_DIRS=/run/containers/systemd:$1/containers/systemd:/usr/share/containers/systemd"}
  else
    set -- env ${1:+"XDG_CONFIG_HOME=$1"}
  fi
  "$@" "$generator" -dryrun -no-kmsg-log </dev/null >"$dir/made" 2>"$dir/words"
}
# What the generator says without what it tells of its work, with the paths that people know.
complaints() {
  sed -e "s/^quadlet-generator\[[0-9]*\]: //" -e "s|$below|$quadlets|g" \
    -e "/^Loading source /d" -e "/^Starting quadlet-generator/d" -e "/^No files parsed /d" \
    -e "/^processing encountered some errors/d" -e "/^\$/d" "$dir/words"
}
# The services that were made, each between blanks.
services_made() { sed -n "s|^---\(.*/\)\{0,1\}\([^/]*\)---\$| \2 |p" "$dir/made" | tr -d "\n"; }
check() {
  dry_run "$dir"
  ended=$?
  made=$(services_made)
  missing=
  for service in $services; do
    case $made in *" $service "*) ;; *) missing="$missing $service" ;; esac
  done
  [ $ended != 0 ] || [ -n "$missing" ] || exit 0
  complaints >"$dir/complaints"
  # Quadlets that nobody touches may be broken for long.
  dry_run ""
  complaints >"$dir/complaints.old"
  known="$(services_made) $services "
  others=
  for service in $made; do
    case $known in *" $service "*) ;; *) others="$others $service" ;; esac
  done
  others=${others:+", but$others: a drop-in that is not of the manifest says ServiceName="}
  new=$(grep -v -x -F -f "$dir/complaints.old" "$dir/complaints")
  [ -n "$missing$new" ] || exit 0
  if [ -n "$new" ]; then printf "%s\n" "$new"; else echo "it makes no$missing of them$others $(cat "$dir/complaints")"; fi
  exit 1
}'

# quadlets_in SCOPE HOME: begins with the quadlets of now. HOME is that of a user who will be created, and has none.
quadlets_in() {
  quadlet_home=$2
  kind=user
  copy=copy
  quadlets=/etc/containers/systemd
  if [ "$1" = system ]; then
    kind=system
  elif become_user "${1#user:}" 2>/dev/null; then
    quadlets=$user_home/.config/containers/systemd
  else
    quadlets=$2/.config/containers/systemd
    copy=:
  fi
  generator=
  for folder in $generator_folders; do
    generator=${folder%%KIND*}$kind${folder#*KIND}/podman-$kind-generator
    if [ -e "$generator" ]; then break; fi
  done
  begin_check "$1" "$quadlet_head"
  # shellcheck disable=SC2016 # that shell has the name
  check_line "$quadlets" 'quadlets=$name'
  # shellcheck disable=SC2016 # as above
  check_line "$generator" 'generator=$name'
  printf 'kind=%s\n%s\n' "$kind" "$copy" >>"$check"
}

# quadlet NAME STEP: one that will be written, or a drop-in of one.
quadlet() { check_line "$1" put "$2"; }

# without_quadlet NAME: one that will be removed.
without_quadlet() { check_line "$1" drop; }

# dry_quadlets SERVICE...: what must come of those that will be written.
dry_quadlets() {
  ! is_given_up "$check_scope" || return 0
  if ! [ -x "$generator" ]; then
    # What goes needs none.
    [ $# = 0 ] || refuse_files Podman quadlets "$check_scope" "there is no podman-$kind-generator"
    return 0
  fi
  said=$(end_check "services='$*' && check" "$quadlet_home")
  ended=$?
  [ $ended = 0 ] || refuse_files Podman quadlets "$check_scope" "$(explained $ended "$said")"
}
