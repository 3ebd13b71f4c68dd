# shellcheck shell=bash
# What an image is made of. With image-setup.sh this is the recipe: a change of
# either file makes new images.

# Prints the packages for the variants given, separated by commas.
image_packages() {
  local packages=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,procps,iproute2 sudo=,sudo variant
  for variant; do
    case $variant in
      userbus) packages+=,dbus-user-session ;;
      polkit) packages+=,polkitd ;;
      nosudo) sudo='' ;;
      doas) sudo='' packages+=,opendoas ;;
      busybox) packages+=,busybox ;;
    esac
  done
  printf '%s%s\n' "$packages" "$sudo"
}

# Makes directory $2 a Debian of suite $1 with packages $3, configuring apt by
# file $4 and taking packages from source $5, or the default if that is empty.
image_bootstrap() {
  local arguments=("$1" "$2")
  [ -z "$5" ] || arguments+=("$5")
  # Nobody reads the documentation on a throwaway host, and fsync protects nothing in a build that starts over.
  # Mounts of its own, so that killing it leaves none behind.
  unshare --mount mmdebstrap --mode=root --variant=minbase --include="$3" \
    --aptopt="$4" --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "${arguments[@]}" </dev/null
}
