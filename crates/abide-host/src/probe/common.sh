# Every answer stands in a frame that begins with this run's nonce, which nothing on the host can know.
frame() { printf '\n%s %s\n' "$nonce" "$*"; }

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
