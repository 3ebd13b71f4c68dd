# shellcheck shell=sh
# Runs inside a new image with the variants as arguments: makes a bare Debian
# into a quiet host that one can log in to. Part of the recipe: see recipe.sh.

has() { case " $variants " in *" $1 "*) return 0 ;; esac; return 1; }
variants="$*"

# What would touch the network, or wake up in the middle of a test.
mkdir -p /etc/systemd/system
for unit in systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service \
  systemd-resolved.service systemd-timesyncd.service console-getty.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done

# Empty, not absent: each host gets its own id, and no host thinks it is its first boot.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
: >/etc/resolv.conf

# All hosts share the image's host keys; a fleet's known_hosts is made from them.
ssh-keygen -A
cat >/etc/ssh/sshd_config.d/fleet.conf <<'SSHD'
UseDNS no
PermitRootLogin prohibit-password
PasswordAuthentication no
MaxStartups 100:30:200
SSHD
# Tests fail to log in on purpose, again and again. OpenSSH before 9.8 does not know the word.
mkdir -p /run/sshd
if sshd -t -o PerSourcePenalties=no 2>/dev/null; then
  echo 'PerSourcePenalties no' >>/etc/ssh/sshd_config.d/fleet.conf
fi

useradd --create-home --shell /bin/bash --uid 1000 deploy
if [ -d /etc/sudoers.d ]; then
  echo 'deploy ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/deploy
  chmod 0440 /etc/sudoers.d/deploy
fi
if has doas; then
  echo 'permit nopass deploy' >/etc/doas.conf
  chmod 0400 /etc/doas.conf
fi

if has busybox; then
  # In /usr/local/bin, first in everybody's PATH, and as /bin/sh. Only tools that a script would call:
  # login, mount, init and their like have to stay Debian's or the host does not boot.
  for applet in $(busybox --list); do
    case $applet in
      ash | awk | base64 | basename | cat | chgrp | chmod | chown | cksum | cmp | cp | cut | date | dd | df | diff | \
        dirname | du | echo | egrep | env | expand | expr | false | fgrep | find | flock | fold | fsync | getopt | grep | \
        groups | gunzip | gzip | head | hostname | id | install | kill | killall | link | ln | logname | ls | md5sum | \
        mkdir | mkfifo | mktemp | more | mv | nice | nl | nohup | od | paste | patch | pgrep | pidof | pkill | printenv | \
        printf | ps | pwd | readlink | realpath | rev | rm | rmdir | sed | seq | setpriv | setsid | sha1sum | sha256sum | \
        sha512sum | shred | sleep | sort | split | stat | stty | sum | sync | tac | tail | tar | tee | test | timeout | \
        touch | tr | true | truncate | tty | uname | unexpand | uniq | unlink | uptime | usleep | wc | which | who | \
        whoami | xargs | xxd | yes | zcat | '[' | '[[')
        ln -s /bin/busybox "/usr/local/bin/$applet"
        ;;
    esac
  done
  ln -sf busybox /bin/sh
  # What ssh hands a script to first is the login shell.
  usermod --shell /bin/sh deploy
  usermod --shell /bin/sh root
fi
