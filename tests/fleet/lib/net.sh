# shellcheck shell=bash
# One bridge and one /24 out of 198.18.0.0/15 (set aside for tests by RFC 2544)
# for each fleet. Host number 1 has address .11, the controller .1 .

net_prefix() { echo "198.$((18 + $1 / 256)).$(($1 % 256))"; }
net_bridge() { echo "abf$1"; }
net_veth() { echo "abf$1h$2"; }

# The same after a reboot, or this machine would go on for a minute to send to the old one.
net_mac() { printf '02:ab:fd:%02x:%02x:%02x\n' $(($1 / 256)) $(($1 % 256)) "$2"; }

# Claims a free network for fleet $1 by creating its bridge and prints its number. The
# kernel refuses a second bridge of that name, so two fleets never share one.
net_claim() {
  local number start=$((RANDOM % 512)) i
  for ((i = 0; i < 512; i++)); do
    number=$(((start + i) % 512))
    # Somebody's network already, though not a fleet's?
    [ -z "$(ip -4 route show root "$(net_prefix $number).0/24")" ] || continue
    ip link add "$(net_bridge $number)" type bridge 2>/dev/null || continue
    ip addr add "$(net_prefix $number).1/24" dev "$(net_bridge $number)"
    ip link set "$(net_bridge $number)" alias "abide-fleet $1" up
    echo $number
    return
  done
  die "no free network left in 198.18.0.0/15"
}

net_release() {
  local number=$1 link
  for link in "/sys/class/net/$(net_veth "$number" '')"*; do
    [ ! -e "$link" ] || ip link del "${link##*/}" 2>/dev/null || :
  done
  ip link del "$(net_bridge "$number")" 2>/dev/null || :
}
