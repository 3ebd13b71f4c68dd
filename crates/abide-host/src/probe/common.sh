# Every answer stands in a frame that begins with this run's nonce, which nothing on the host can know.
frame() { printf '\n%s %s\n' "$nonce" "$*"; }

# shellcheck disable=SC2034 # not every script splits lines
newline='
'

# Fails where nothing can be limited. KILL also ends what is stopped.
find_limiter() {
  if timeout -k 1 1 true 2>/dev/null; then
    limiter=both
  elif timeout -s KILL 1 true 2>/dev/null; then
    limiter=hard
  else
    limiter=none
    return 1
  fi
}

# limit SECONDS COMMAND...: nothing is waited for without an end.
limit() {
  seconds=$1
  shift
  case $limiter in
    both) timeout -k 2 "$seconds" "$@" ;;
    hard) timeout -s KILL "$seconds" "$@" ;;
    *) "$@" ;;
  esac
}
