# Who may have changed something: read from the journal and the package database. Nothing here changes the host.

# What is no text goes: a name that somebody chose must not act on anything.
plain() { tr -d '\000-\010\013-\037\177'; }

# Lines of sudo itself, whatever other programs call themselves.
sudo_lines() {
  frame sudo
  command -v journalctl >/dev/null 2>&1 || return 0
  limit 20 journalctl -q --no-pager -o short-unix --no-hostname -n 2000 \
    --since "@$from" --until "@$to" _EXE=/usr/bin/sudo 2>/dev/null | head -c 524288 | plain
}

# The package that a path belongs to, and when that was unpacked last.
package_of() {
  if command -v dpkg-query >/dev/null 2>&1; then
    name=$(limit 10 dpkg-query -S "$1" 2>/dev/null | grep -v '^diversion ' | head -n 1 | head -c 300)
    name=${name%%[:,]*}
    case $name in
      '' | *[!a-z0-9.+-]*) return 0 ;;
    esac
    at=
    for list in "/var/lib/dpkg/info/$name.list" "/var/lib/dpkg/info/$name":*.list; do
      [ -e "$list" ] || continue
      at=$(stat -c %Y "$list" 2>/dev/null)
      break
    done
    printf '%s %s\n' "$name" "$at"
  elif command -v rpm >/dev/null 2>&1; then
    limit 10 rpm -qf --qf '%{NAME} %{INSTALLTIME}\n' "$1" 2>/dev/null | head -n 1 | head -c 300 | plain
  fi
}

# evidence PATH...
evidence() {
  find_limiter
  sudo_lines
  number=0
  for path in "$@"; do
    frame package "$number"
    package_of "$path"
    number=$((number + 1))
  done
  frame end
}
