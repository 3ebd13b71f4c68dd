# What the host's own systemd says of planned unit files, in a directory on a tmpfs that nobody else may enter and that goes
# again.

# read_texts SCOPE: as the user whose they are. More than this of it is not heard.
read_texts() {
  if [ "$1" = system ]; then
    [ "$route" != none ] || return 0
    frame text system
    texts_of "$1" /run | limit "$share" sh -s 2>/dev/null | head -c 262144
    return
  fi
  be_user "${1#user:}" || return 0
  frame text "$1"
  # shellcheck disable=SC2016 # that shell knows it
  texts_of "$1" '"${XDG_RUNTIME_DIR-}" /dev/shm /tmp' | as_user 2>/dev/null | limit $((share + 3)) head -c 262144 | sed 's/^/	/'
}

# read_new_texts SCOPE HOME: of a user who is not there yet. Nothing of another's home is read.
read_new_texts() {
  if [ "$route" = none ]; then return 0; fi
  frame text "$1"
  texts_of "$1" /run |
    limit "$share" env -i LC_ALL=C SYSTEMD_LOG_COLOR=0 PATH="$PATH" HOME="$2" XDG_CONFIG_HOME=/run/none XDG_DATA_HOME=/run/none sh -s 2>/dev/null |
    head -c 262144 | sed 's/^/	/'
}

# texts_of SCOPE PLACES
texts_of() {
  manager=--user
  [ "$1" != system ] || manager=--system
  # Without it there is nobody to ask.
  printf 'command -v systemd-analyze >/dev/null 2>&1 || exit 0\nset -- %s\nmanager=%s\n%s\n%s\n' \
    "$2" $manager "$check_head" "$verify_head"
  planned_texts "$1"
  echo verify
}
