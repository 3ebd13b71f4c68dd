# shellcheck shell=bash
# Images: a directory tree for each suite and set of variants, built once and
# never written to again (hosts put an overlay on top).

# Sets $suite and $variants (sorted, so that a+b and b+a are one image).
image_parse() {
  local variant
  suite=${1%%+*}
  variants=()
  case $suite in
    bullseye | jammy | bookworm | bookworm-backports | trixie | forky) ;;
    *) die "unknown suite '$suite' in image '$1': bullseye, jammy, bookworm, bookworm-backports, trixie or forky" ;;
  esac
  [ "$suite" = "$1" ] || mapfile -t variants < <(tr + '\n' <<<"${1#*+}" | sort -u)
  for variant in "${variants[@]}"; do
    case $variant in
      userbus | polkit | nosudo | doas | busybox | podman) ;;
      *) die "unknown variant '$variant' in image '$1': userbus, polkit, nosudo, doas, busybox or podman" ;;
    esac
  done
}

# Prints what the image of this suite with these variants is made of. A suite or variant with a directory of its own is no
# part of the others' recipe, so that a change of it makes no other image anew.
image_recipe() {
  local suite=$1 variant
  shift
  cat "$HERE/lib/recipe.sh" "$HERE/lib/image-setup.sh"
  [ ! -d "$HERE/lib/suites/$suite" ] || cat "$HERE/lib/suites/$suite/"*
  for variant; do
    [ ! -d "$HERE/lib/variants/$variant" ] || cat "$HERE/lib/variants/$variant/"*
  done
}

# Builds the image named $1 unless the cache has it; prints its directory.
image() {
  local suite variants key name
  image_parse "$1"
  name=$(IFS=+; echo "$suite${variants[*]:++${variants[*]}}")
  key=$(image_recipe "$suite" "${variants[@]}" | sha256sum | cut -c1-12)
  if [ ! -e "$CACHE/$name.$key" ]; then
    mkdir -p "$CACHE"
    # One builder at a time for each image; who waited finds it done.
    (
      flock 9
      [ -e "$CACHE/$name.$key" ] || image_build "$name" "$key" >&2
    ) 9>"$CACHE/.$name.lock"
  fi
  echo "$CACHE/$name.$key"
}

# The lock (fd 9) is not for what it starts, or that could hold it longer than we do.
image_build() {
  local name=$1 build special source packages variant
  say "building image $name (half a minute or so; kept in $CACHE)"
  rm -rf "$CACHE/.$name.build."*
  build=$(mktemp -d "$CACHE/.$name.build.XXXXXX")
  special=$HERE/lib/suites/$suite
  # Backports stand beside the release that they are for.
  case $suite in
    jammy) source=${ABIDE_FLEET_UBUNTU:+deb $ABIDE_FLEET_UBUNTU $suite main} ;;
    *) source=$(apt_source "${suite%-backports}") ;;
  esac
  if [ "${suite%-backports}" != "$suite" ]; then
    [ -n "$source" ] || die "image $name can be built on a Debian only: mmdebstrap knows no default source of backports"
    source+=$'\n'$(apt_source "$suite")
  fi
  apt_network_options >"$build/apt.conf"
  [ ! -e "$special/apt.conf" ] || cat "$special/apt.conf" >>"$build/apt.conf"
  packages=$(image_packages "${variants[@]}")
  [ ! -e "$special/packages.sed" ] || packages=$(sed -f "$special/packages.sed" <<<"$packages")
  for variant in "${variants[@]}"; do
    [ ! -e "$HERE/lib/variants/$variant/packages" ] || packages+=,$(<"$HERE/lib/variants/$variant/packages")
  done
  image_bootstrap "${suite%-backports}" "$build/root" "$packages" "$build/apt.conf" "$source" \
    >"$build/log" 2>&1 9>&- || { tail -n 40 "$build/log"; die "cannot build image $name: see $build/log"; }
  rm -f "$build/root/etc/apt/apt.conf.d/99mmdebstrap" # may hold a proxy's password
  [ ! -e "$special/before" ] || chroot "$build/root" /bin/sh -es <"$special/before" >>"$build/log" 2>&1 9>&- ||
    { tail -n 40 "$build/log"; die "cannot begin to set up image $name: see $build/log"; }
  chroot "$build/root" /bin/sh -es -- "${variants[@]}" <"$HERE/lib/image-setup.sh" >>"$build/log" 2>&1 9>&- ||
    { tail -n 40 "$build/log"; die "cannot set up image $name: see $build/log"; }
  for variant in "${variants[@]}"; do
    [ -e "$HERE/lib/variants/$variant/setup" ] || continue
    # More programs work there than in a bare directory: Podman wants a root that is a mount, and /proc and /sys.
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare --mount /bin/sh -euc '
      mount --bind "$1" "$1"
      mount -t proc proc "$1/proc"
      mount -t sysfs sysfs "$1/sys"
      exec chroot "$1" /bin/sh -es' sh "$build/root" \
      <"$HERE/lib/variants/$variant/setup" >>"$build/log" 2>&1 9>&- ||
      { tail -n 40 "$build/log"; die "cannot set up variant $variant of image $name: see $build/log"; }
  done
  mv "$build/root" "$CACHE/$name.$2"
  rm -rf "$build"
  image_prune "$name" "$2"
}

# Removes images of older recipes, except those below a host: here or of
# whoever shares the cache with a state directory of their own.
image_prune() {
  local old
  for old in "$CACHE/$1."*; do
    [ "$old" != "$CACHE/$1.$2" ] || continue
    grep -qsxF "$old" "$STATE"/*/host/*/image || grep -qsF "lowerdir=$old," /proc/[0-9]*/mountinfo || rm -rf "$old"
  done
}
