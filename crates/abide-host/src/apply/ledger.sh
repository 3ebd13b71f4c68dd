# The ledger of this manifest. What becomes a line of it is checked here too, whatever was said by whom before.

# $ledger_line: an extended regular expression of every line that abide writes, but the first and the last.
ledger_form() {
  letter='([A-Za-z0-9/._:@+,=~-]|%[0-9A-F][0-9A-F])'
  user_name='([A-Za-z_][A-Za-z0-9_.@-]*|[A-Za-z0-9_][A-Za-z0-9_.-]*%5C[A-Za-z0-9_.-]+)'
  digest='[0-9a-f]{64}'
  place="(system /etc/(systemd/system|containers/systemd)/|user:$user_name /)"
  upwards='^file [^ ]* [^ ]*/\.\.?(/| )'
  ledger_line="(user|linger) $user_name|attribute $user_name $letter+ $letter*"
  ledger_line="$ledger_line|file $place$letter+ (claimed|$digest)"
  ledger_line="$ledger_line|unit (system|user:$user_name) $letter+ (-|[0-9a-f]{32}) (-|$digest) (-|enabled)( claimed)?"
  ledger_line="$ledger_line|reads (system|user:$user_name) $letter+ (definition|/$letter*) (-|none|$digest) (-|none|$digest)"
}

# believed: of these lines those that abide may have written; no path leads up.
believed() { grep -Ex -e "$ledger_line" | grep -Ev -e "$upwards"; }

# entries: the lines between the first and the last.
entries() { sed -e 1d -e '$d'; }

# keys: what lines are about, without how it was left.
keys() { sed -E -e 's/^((attribute|file|unit) [^ ]* [^ ]*) .*/\1/' -e 's/^(reads [^ ]* [^ ]* [^ ]*) .*/\1/'; }

# ledger_place: nothing stands in the way of the ledger. A pipe there would be waited for, a link leads elsewhere, and a
# directory would take the new one in.
ledger_place() {
  next=${ledger%/*}/.new
  (umask 077 && mkdir -p -- "${ledger%/*}" && chmod 700 -- "${ledger%/*}") || return 1
  if [ -L "$ledger" ] || { [ -e "$ledger" ] && ! [ -f "$ledger" ]; }; then
    problem "$ledger is no regular file: \`abide ledger repair $host\` moves it aside"
    return 1
  fi
  # What a run that was killed left, or anything else; a link or a pipe goes itself.
  rm -f -- "$next" 2>/dev/null || {
    problem "$next is in the way: \`abide ledger repair $host\` moves it aside"
    return 1
  }
}

# claim_ledger: standard input, which the controller sent, becomes the ledger, whole or not at all.
claim_ledger() {
  ledger_place && next_ledger || return 1
  [ -z "$refused" ] || return 1
  place_ledger
}

# complete_ledger KEY...: the same, of what was found out here. A line of another form, or about what is neither claimed nor
# one of these keys, is left out.
complete_ledger() {
  ledger_place && next_ledger || return 1
  # A key that stands once is of the new one alone.
  strange=$({
    for key do printf '%s\n%s\n' "$key" "$key"; done
    entries <"$ledger" | keys
    entries <"$ledger" | keys
    entries <"$next" | believed | keys | sort -u
  } | sort | uniq -u)
  if [ -z "$refused$strange" ]; then
    place_ledger
    return
  fi
  problem "lines for the ledger that abide did not claim were left out: $(printf '%s\n' "$refused" "$strange" | tr -cd '\n -~' | head -c 500)"
  kept=$next.kept
  rm -f -- "$kept" && (
    umask 077
    set -C
    {
      sed 1q "$next"
      entries <"$next" | believed | without_strange
      echo end
    } >"$kept"
  ) && mv -f -- "$kept" "$next" && place_ledger
  return 1
}

# without_strange: lines whose key is not in $strange.
without_strange() {
  while IFS= read -r line; do
    key=$(printf '%s\n' "$line" | keys)
    case "$newline$strange$newline" in *"$newline$key$newline"*) ;; *) printf '%s\n' "$line" ;; esac
  done
}

# next_ledger: standard input as $next, new and ours, and $refused: its lines of another form. Where the script is killed
# meanwhile, what it still had to say is missing at the end.
next_ledger() {
  (umask 077 && set -C && cat >"$next") || return 1
  [ "$(sed 1q "$next")" = 'abide-ledger 1' ] && [ "$(tail -n 1 "$next")" = end ] || return 1
  ledger_form
  refused=$(
    entries <"$next" | grep -Evxn -e "$ledger_line"
    entries <"$next" | grep -En -e "$upwards"
  ) || :
}

place_ledger() {
  sync -- "$next" 2>/dev/null || :
  mv -f -- "$next" "$ledger"
}
