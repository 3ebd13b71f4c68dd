# shellcheck shell=bash
# Where packages come from: the archive that this machine's own apt uses, so
# that a machine behind a mirror or a proxy needs no configuration of ours.

# Prints a one-line apt source for suite $1, or nothing when this machine is
# not a Debian and mmdebstrap's default has to do.
apt_source() {
  local codename
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-}") || return 0
  [ -n "$codename" ] || return 0
  { apt_deb822; apt_one_line; } | awk -F '\t' -v running="$codename" -v suite="$1" '
    # The first; the rest is read all the same, or the readers would die of a closed pipe.
    !found && ($3 == running || $3 == "stable") {
      found = 1
      options = $1 == "" ? "" : "[" $1 "] "
      print "deb " options $2 " " suite " main"
    }'
}

# Both readers print OPTIONS<tab>URI<tab>SUITE, one line for each enabled pair.
apt_deb822() {
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] || continue
    awk -v RS= '
      {
        delete field; key = ""
        lines = split($0, line, "\n")
        for (i = 1; i <= lines; i++) {
          if (line[i] ~ /^#/) continue
          if (match(line[i], /^[A-Za-z-]+:/)) {
            key = tolower(substr(line[i], 1, RLENGTH - 1))
            field[key] = substr(line[i], RLENGTH + 1)
          } else if (key != "") field[key] = field[key] " " line[i]
        }
        if (tolower(field["enabled"]) ~ /no/ || " " field["types"] " " !~ / deb /) next
        options = ""
        # A key pasted into the file has no path; then the default keyring has to know it.
        if (field["signed-by"] ~ /^ *\/[^ ]+ *$/) { gsub(/ /, "", field["signed-by"]); options = "signed-by=" field["signed-by"] }
        if (tolower(field["trusted"]) ~ /yes/) options = options " trusted=yes"
        uris = split(field["uris"], uri, " "); suites = split(field["suites"], suite, " ")
        for (u = 1; u <= uris; u++) for (s = 1; s <= suites; s++)
          if (uri[u] !~ /^cdrom:/) print options "\t" uri[u] "\t" suite[s]
      }' "$file"
  done
}

apt_one_line() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] || continue
    awk '
      /^[ \t]*deb[ \t]/ {
        options = ""
        if (match($0, /\[[^]]*\]/)) {
          options = substr($0, RSTART + 1, RLENGTH - 2)
          $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
          kept = ""; n = split(options, option, " ")
          for (i = 1; i <= n; i++) if (option[i] ~ /^(signed-by=\/|trusted=)/) kept = kept (kept == "" ? "" : " ") option[i]
          options = kept
        }
        if ($2 !~ /^cdrom:/) print options "\t" $2 "\t" $3
      }' "$file"
  done
}

# mmdebstrap does not read this machine's apt configuration, so proxies and
# certificates are handed to it in a file of their own.
apt_network_options() {
  apt-config dump 2>/dev/null | grep -E '^Acquire::(https?|ftp)::.* "..*";$' || :
  [ ! -s /etc/apt/auth.conf ] || echo 'Dir::Etc::netrc "/etc/apt/auth.conf";'
}
