# What units that are in trouble said last: read from the journal. Nothing here changes the host.

# What is no text goes: what a unit prints must not act on anything.
plain() { tr -d '\000-\010\013-\037\177'; }

# journal_of NUMBER MATCH...: the last lines by and about one unit.
journal_of() {
  frame said "$1"
  shift
  limit 5 journalctl -q --no-pager -o cat -n 12 "$@" 2>/dev/null | head -c 8192 | plain
}
