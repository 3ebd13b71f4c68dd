# Podman's own generator reads the staged quadlets before anything is touched. Where it does not like one it makes no
# service of it, and says so only in the kernel's log.

generator_folders='/run/systemd/KIND-generators /etc/systemd/KIND-generators /usr/local/lib/systemd/KIND-generators
  /usr/lib/systemd/KIND-generators /lib/systemd/KIND-generators'

# FROM TO: copies what a generator would read; a directory of a quadlet may hold much else. Below /etc there are other
# users' quadlets as well.
# shellcheck disable=SC2016 # this text is for another shell
quadlet_copier='
umask 077
mkdir -p -- "$2" || exit
cd -- "$1" 2>/dev/null || exit 0
find -L . -type f -size -4096 ! -path "./users/*" \( -path "*.d/*.conf" -o -name "*.container" -o -name "*.pod" \
  -o -name "*.network" -o -name "*.volume" -o -name "*.kube" -o -name "*.image" -o -name "*.build" \
  -o -name "*.artifact" \) 2>/dev/null |
  while IFS= read -r file; do
    mkdir -p -- "$2/${file%/*}" && cp -- "$file" "$2/$file"
  done 2>/dev/null
exit 0'

# PATH, content by standard input.
# shellcheck disable=SC2016 # this text is for another shell
quadlet_writer='
umask 077
mkdir -p -- "${1%/*}" && rm -f -- "$1" && cat >"$1"'

# quadlets_in NUMBER SCOPE HOME: begins a directory with the quadlets of now, for others may name them. HOME is that of a
# user who will be created.
quadlets_in() {
  staged=$work/quadlets/$1
  quadlet_scope=$2
  quadlet_home=$3
  (umask 077 && mkdir -p -- "$staged") || stop_here "no room in $work"
  chmod 711 "$work/quadlets"
  quadlets=/etc/containers/systemd
  if [ "$2" != system ]; then
    # What is a user's is read by that user. Whoever is not there yet has nothing.
    if become_user "${2#user:}" 2>/dev/null; then
      [ "$own_id" = "$user_id" ] || chown -- "$user_id:$user_group" "$staged"
      quadlet_home=
      quadlets=$user_home/.config/containers/systemd
    else
      quadlets=$3/.config/containers/systemd
    fi
  fi
  as_quadlets sh -c "$quadlet_copier" sh "$quadlets" "$staged/containers/systemd" || stop_here "no room in $work"
}

as_quadlets() {
  if [ -n "$quadlet_home" ]; then "$@"; else in_scope "$quadlet_scope" "$@"; fi
}

# quadlet NAME STEP: one that will be written, or a drop-in of one.
quadlet() {
  as_quadlets sh -c "$quadlet_writer" sh "$staged/containers/systemd/$1" <"$work/new/$2" || stop_here "no room in $work"
}

# without_quadlet NAME: one that will be removed.
without_quadlet() { as_quadlets rm -f -- "$staged/containers/systemd/$1"; }

# dry_run DIRECTORY: what the generator makes of the quadlets there goes to $work/generated, what it says to them to
# $work/words. Without a directory of those that stand where they belong.
dry_run() {
  if [ "$quadlet_scope" = system ]; then
    set -- env ${1:+"QUADLET_UNIT_DIRS=/run/containers/systemd:$1/containers/systemd:/usr/share/containers/systemd"}
  elif [ -n "$quadlet_home" ]; then
    set -- env -i LC_ALL=C PATH="$PATH" HOME="$quadlet_home" ${1:+"XDG_CONFIG_HOME=$1"}
  else
    set -- env ${1:+"XDG_CONFIG_HOME=$1"}
  fi
  # shellcheck disable=SC2086 # words
  as_quadlets "$@" $limiter_words "$generator" -dryrun -no-kmsg-log >"$work/generated" 2>"$work/words"
}

# What the generator says without what it tells of its work, with the paths that people know.
complaints() {
  sed -e 's/^quadlet-generator\[[0-9]*\]: //' -e "s|$staged/containers/systemd|$quadlets|g" \
    -e '/^Loading source /d' -e '/^Starting quadlet-generator/d' -e '/^No files parsed /d' \
    -e '/^processing encountered some errors/d' -e '/^$/d' "$work/words"
}

# dry_quadlets SERVICE...: what must come of those that will be written.
dry_quadlets() {
  kind=user
  [ "$quadlet_scope" != system ] || kind=system
  generator=
  for folder in $generator_folders; do
    generator=${folder%%KIND*}$kind${folder#*KIND}/podman-$kind-generator
    if [ -e "$generator" ]; then break; fi
  done
  if ! [ -x "$generator" ]; then
    # What goes needs none.
    [ $# = 0 ] || refuse_quadlets "there is no podman-$kind-generator"
    return 0
  fi
  dry_run "$staged"
  ended=$?
  made=$(sed -n 's|^---\(.*/\)\{0,1\}\([^/]*\)---$| \2 |p' "$work/generated" | tr -d '\n')
  missing=
  for service do
    case $made in *" $service "*) ;; *) missing="$missing $service" ;; esac
  done
  [ $ended != 0 ] || [ -n "$missing" ] || return 0
  complaints >"$work/complaints"
  # Quadlets that nobody touches may be broken for long.
  dry_run ''
  complaints >"$work/complaints.old"
  new=$(grep -v -x -F -f "$work/complaints.old" "$work/complaints")
  [ -n "$missing$new" ] || return 0
  [ -n "$new" ] || new="it makes no$missing of them$(printf ' %s' "$(cat "$work/complaints")")"
  refuse_quadlets "$(explained $ended "$new")"
}

refuse_quadlets() {
  problem "the host's Podman refuses the new quadlets of $quadlet_scope, so nothing was changed: $1"
  given_up=all
}
