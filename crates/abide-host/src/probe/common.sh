# Every answer stands in a frame that begins with this run's nonce, which nothing on the host can know.
frame() { printf '\n%s %s\n' "$nonce" "$*"; }

find_limiter() {
  if timeout -k 1 1 true 2>/dev/null; then
    limiter=both
  elif timeout 1 true 2>/dev/null; then
    limiter=plain
  else
    limiter=none
  fi
}

# limit SECONDS COMMAND...: nothing is waited for without an end.
limit() {
  seconds=$1
  shift
  case $limiter in
    both) timeout -k 2 "$seconds" "$@" ;;
    plain) timeout "$seconds" "$@" ;;
    *) "$@" ;;
  esac
}
