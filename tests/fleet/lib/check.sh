# shellcheck shell=bash
# What the harness needs from the machine. Nothing is ever skipped for want of
# it: a test that cannot boot hosts has to fail, with the line that repairs it.

as_root() { [ "$EUID" -eq 0 ] || die "needs root: run it with sudo"; }

check() {
  local missing=() packages=() need
  [[ $OSTYPE == linux* ]] || die "needs Linux; this is $OSTYPE. Run it in a Debian virtual machine."
  [ "$EUID" -eq 0 ] || missing+=("root: run it with sudo")

  while read -r command package; do
    command -v "$command" >/dev/null || { missing+=("command $command"); packages+=("$package"); }
  done <<'NEEDS'
mmdebstrap mmdebstrap
systemd-nspawn systemd-container
ip iproute2
ssh openssh-client
ssh-keygen openssh-client
nsenter util-linux
unshare util-linux
flock util-linux
setsid util-linux
pgrep procps
NEEDS
  # Ubuntu has no Debian keys, and without them apt refuses the archive.
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || {
    missing+=("Debian's archive keys")
    packages+=(debian-archive-keyring)
  }
  for need in overlay cgroup2; do
    grep -qw "$need" /proc/filesystems || modprobe -q "$need" 2>/dev/null || missing+=("kernel support for $need")
  done

  [ ${#missing[@]} -gt 0 ] || return 0
  printf 'fleet: missing: %s\n' "${missing[@]}" >&2
  if [ ${#packages[@]} -gt 0 ]; then
    packages=("$(printf '%s\n' "${packages[@]}" | sort -u | tr '\n' ' ')")
    printf 'fleet: on Debian or Ubuntu: sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n' "${packages[0]% }" >&2
  fi
  exit 1
}
