# The second question: what a plan wants to know, and what units in trouble said. Nothing that stays is written.

# be_user NAME: as_user is that user from now on, where that can be.
be_user() {
  # shellcheck disable=SC2154 # take_apart sets it
  [ "$name" != "$1" ] || return 0
  passwd_lines "$1" >/dev/null
  unset IFS
  name=
  if take_apart "$passwd" && [ "$name" = "$1" ]; then
    if [ "$route" = none ]; then
      if [ "$uid" = "$login_uid" ]; then return 0; fi
    elif [ -n "$run_as" ] || [ "$uid" = 0 ]; then
      return 0
    fi
  fi
  name=
  return 1
}

# prepare ROUTE USER UID
prepare() {
  route=$1
  login_uid=$3
  export LC_ALL=C TZ=UTC SYSTEMD_LOG_COLOR=0
  cd / || return
  set -f
  find_limiter || return
  find_run_as
  # Seconds for each user.
  share=15
  name=
}
