# What units need when they start, looked at as those who run them. Nothing here changes the host.

# Each user's answer comes behind a tab, line by line, as those of the probe.
look_as() {
  asked_name=$1
  be_user "$asked_name" || return 0
  frame user "$asked_name"
  {
    printf '%s\n' "$look_functions"
    asked_of "$asked_name"
  } | as_user 2>/dev/null | limit $((share + 3)) head -c 262144 | sed 's/^/	/'
}

# Whether there are accounts and groups, a line each.
accounts() {
  for asked_name do
    if limit 10 id -u "$asked_name" >/dev/null 2>&1; then echo yes; else echo no; fi
  done
}

groups_there() {
  for asked_name do
    if command -v getent >/dev/null 2>&1; then
      limit 20 getent group "$asked_name" >/dev/null 2>&1
      case $? in 0) echo yes ;; 2) echo no ;; *) echo unknown ;; esac
    else
      is_in /etc/group
    fi
  done
}

owners_of_ids() {
  for asked_id do
    if command -v getent >/dev/null 2>&1; then
      passwd=$(limit 20 getent passwd "$asked_id")
      case $?:$passwd in 0:*:*) printf '%s\n' "${passwd%%:*}" ;; 2:*) echo - ;; *) echo '?' ;; esac
    else
      echo '?'
    fi
  done
}

owners_of_paths() {
  for path do
    if [ -e "$path" ] || [ -L "$path" ]; then
      ! [ -L "$path" ] || printf '>'
      limit 10 stat -c %U -- "$path" 2>/dev/null || echo '?'
    else
      echo -
    fi
  done
}

# The value for a manager that is not there: the unit tells.
config_homes() {
  for asked_id do
    said=$(limit 20 systemctl show -p Environment "user@$asked_id.service" 2>/dev/null | head -c 65536)
    case " ${said#Environment=}" in
      *' XDG_CONFIG_HOME='*)
        said=${said#*XDG_CONFIG_HOME=}
        printf '%s\n' "${said%% *}"
        ;;
      *) echo - ;;
    esac
  done
}

local_users() {
  for asked_name do is_in /etc/passwd; done
}

# is_in FILE: whether a line of it begins with $asked_name.
is_in() {
  found=no
  while IFS= read -r line; do
    case $line in "$asked_name:"*) found=yes ;; esac
  done <"$1"
  echo $found
}

inputs() {
  frame root
  # What hangs, as a network's file system may, is not waited for.
  {
    printf '%s\n' "$look_functions"
    asked_of ''
  } | limit "$share" sh -s
  # shellcheck disable=SC2154 # set where the script is put together
  for asked_user in $asked_users; do
    look_as "$asked_user"
  done
  frame accounts
  # shellcheck disable=SC2086,SC2154 # names; set where the script is put together
  accounts $asked_accounts
  frame groups
  # shellcheck disable=SC2086,SC2154 # as above
  groups_there $asked_groups
  frame ids
  # shellcheck disable=SC2086,SC2154 # numbers; as above
  owners_of_ids $asked_ids
  frame config-homes
  # shellcheck disable=SC2086,SC2154 # numbers; as above
  config_homes $asked_config_homes
  frame locals
  # shellcheck disable=SC2086,SC2154 # names; as above
  local_users $asked_locals
  frame owners
  asked_paths
}
