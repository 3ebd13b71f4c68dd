# Names of users as they are written elsewhere than in the passwd database. Of all that they may hold, only the backslash of
# `CORP\svc` is written in another way there.

# linger_record USER: $record, the file by which logind remembers that this user lingers. Its name is escaped as that of a C
# string (`cescape()` in systemd's user_start_linger()).
# shellcheck disable=SC2034 # not every script asks for it
linger_record() {
  record=/var/lib/systemd/linger/$1
  case $1 in *\\*) record=/var/lib/systemd/linger/${1%%\\*}\\\\${1#*\\} ;; esac
}

# in_ledger TEXT: $encoded, a name or a scope as a ledger has it.
# shellcheck disable=SC2034 # as above
in_ledger() {
  encoded=$1
  case $1 in *\\*) encoded=${1%%\\*}%5C${1#*\\} ;; esac
}

# of_ledger: names of a ledger as they are.
of_ledger() { sed 's/%5C/\\/'; }
