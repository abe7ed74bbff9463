# shellcheck shell=bash
# What must be right about a machine before gis-server is installed on it for good.  All that is
# wrong is told at once, before anything is changed.  Sourced by bin/install.
# Fills WRONG (nothing is done until they are mended) and DOUBTS (told, and gone past).

WRONG=() DOUBTS=()
OPT_MB=3000 STATE_MB=5000 ROOMY_MB=50000
MEMORY_MB=1800 ROOMY_MEMORY_MB=3800
PROC=${PROC:-/proc} OS_RELEASE=${OS_RELEASE:-/etc/os-release}

wrong() { WRONG+=("$1"); }
doubt() { DOUBTS+=("$1"); }

check_root() { ((EUID == 0)) || wrong "this needs an administrator: run it as root, or with sudo."; }

check_system() {
  local name=${1:-$OS_RELEASE} id version
  id=$(sed -n 's/^ID=//p' "$name" 2>/dev/null | tr -d '"') version=$(sed -n 's/^VERSION_ID=//p' "$name" 2>/dev/null | tr -d '"')
  [[ $id == debian && $version == 12 ]] ||
    wrong "this is ${id:-an unknown system} ${version:-}, and the installation is made for Debian 12: install that, or run bin/up by hand."
}

check_machine() {
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) wrong "the processor is $(uname -m), for which the packages are not made: take an amd64 or arm64 machine." ;;
  esac
  (($(nproc) >= 2)) || doubt "only one processor: two or more are what the figures of docs/benchmarks.md were measured on."
}

check_systemd() {
  [[ -d ${RUNNING_SYSTEMD:-/run/systemd/system} ]] ||
    wrong "systemd does not run here (a container?): install on a machine that it has started, or run bin/up by hand."
}

check_memory() {
  local mb
  mb=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' "$PROC/meminfo") / 1024))
  if ((mb < MEMORY_MB)); then wrong "only $mb MB of memory, and 2 GB are needed."
  elif ((mb < ROOMY_MEMORY_MB)); then doubt "$mb MB of memory are enough to start; take 4 GB or more for 1,000 cameras."; fi
}

# The folder, or the nearest one above it that there is.
nearest() {
  local folder=$1
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  echo "$folder"
}

disk_of() { df --output=source "$(nearest "$1")" | tail -n 1; }

free_mb() { df --output=avail -BM "$(nearest "$1")" | tail -n 1 | tr -dc 0-9; }

check_disk() {  # check_disk OPT STATE
  local opt_mb state_mb
  opt_mb=$(free_mb "$1") state_mb=$(free_mb "$2")
  if [[ $(disk_of "$1") == "$(disk_of "$2")" ]]; then
    ((state_mb >= OPT_MB + STATE_MB)) ||
      wrong "only $state_mb MB are free on the disk of $1 and $2, and $((OPT_MB + STATE_MB)) are needed."
  else
    ((opt_mb >= OPT_MB)) || wrong "only $opt_mb MB are free on the disk of $1, and $OPT_MB are needed."
    ((state_mb >= STATE_MB)) || wrong "only $state_mb MB are free on the disk of $2, and $STATE_MB are needed."
  fi
  ((state_mb >= ROOMY_MB)) ||
    doubt "$state_mb MB are free for data: pictures of 1,000 cameras alone take 100 GB in 30 days (docs/settings.md, MEDIA_ROOT)."
}

# Ports that something listens on, decimal, one a line.
taken_ports() {
  local file local_address state rest
  for file in "$PROC/net/tcp" "$PROC/net/tcp6"; do
    [[ -r $file ]] || continue
    while read -r _ local_address _ state rest; do
      [[ $state == 0A ]] && echo $((16#${local_address##*:}))
    done <"$file"
  done | sort -nu
}

check_ports() {  # check_ports PORT...
  local port taken
  taken=$(taken_ports)
  for port in "$@"; do
    grep -qx "$port" <<<"$taken" &&
      wrong "port $port is taken by another program (ss -ltnp 'sport = :$port' tells which): stop that, or name another port (bin/install --help)."
  done
}

check_time() {  # check_time FILE: nothing was made later than now
  local now made zone synced
  now=$(date +%s) made=$(stat -c %Y "$1" 2>/dev/null || echo 0)
  ((now >= made)) ||
    wrong "the clock says $(date -d "@$now" '+%F %T'), which is before this version was made: set it (timedatectl set-time), then give the machine a time server."
  synced=$(timedatectl show -p NTPSynchronized --value 2>/dev/null || true)
  [[ $synced == yes ]] ||
    doubt "the clock follows no time server. Deadlines, outages and sign-ins depend on true time: apt-get install chrony, or name the district's server in /etc/systemd/timesyncd.conf and run timedatectl set-ntp true."
  zone=$(timedatectl show -p Timezone --value 2>/dev/null || true)
  [[ $zone == Asia/Shanghai ]] ||
    doubt "the machine's time zone is ${zone:-unknown}; the product shows Beijing time anyway, the system's logs do not: timedatectl set-timezone Asia/Shanghai."
}

# A host name or address that browsers ask for: lower case, or an IPv4 address.
check_name() {
  local label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
  if [[ -z $1 ]]; then wrong "say by which name or address browsers reach this server: --name map.example, or --name 10.20.0.5."
  elif [[ ! $1 =~ ^($label\.)*$label$ || ${#1} -gt 253 ]] || { [[ $1 =~ ^[0-9.]+$ ]] && ! is_ipv4 "$1"; }; then
    wrong "'$1' is neither a host name in small letters nor an IPv4 address: say --name map.example or --name 10.20.0.5."
  fi
}

# A site's name goes into a command, and is what the page of sites takes: letters, digits, - and _.
check_site() {
  [[ -z $1 || $1 =~ ^[A-Za-z0-9_-]{1,40}$ ]] || wrong "'$1' is no name of a site: letters, digits, - and _, 40 at most."
}

is_ipv4() {
  local part
  [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || return 1
  for part in ${1//./ }; do ((10#$part <= 255)) || return 1; done
}

is_port() { [[ $1 =~ ^[0-9]{1,5}$ ]] && ((10#$1 >= 1 && 10#$1 <= 65535)); }

check_port_given() { is_port "$1" || wrong "'$1' is no port: name one from 1 to 65535."; }

check_certificate() {  # check_certificate CERTIFICATE KEY NAME
  local certificate=$1 key=$2 name=$3 check=-checkhost ours theirs
  [[ -z $certificate && -z $key ]] && return
  if [[ -z $certificate || -z $key ]]; then
    wrong "a certificate needs its key, and a key its certificate: name both, --certificate FILE --key FILE."
    return
  fi
  if ! command -v openssl >/dev/null; then
    [[ -r $certificate && -r $key ]] || wrong "$certificate and $key cannot both be read."
    doubt "openssl is not installed yet: whether the certificate is right is looked at later, when nginx is told of it."
    return
  fi
  ours=$(openssl x509 -in "$certificate" -noout -pubkey 2>/dev/null) ||
    { wrong "$certificate is no certificate in PEM that can be read."; return; }
  theirs=$(openssl pkey -in "$key" -passin pass: -pubout 2>/dev/null) ||
    { wrong "$key is no key in PEM that can be read without a password."; return; }
  [[ $ours == "$theirs" ]] || wrong "$key is not the key of $certificate."
  openssl x509 -in "$certificate" -noout -checkend 0 >/dev/null || wrong "$certificate has run out: ask for a new one."
  is_ipv4 "$name" && check=-checkip
  openssl x509 -in "$certificate" -noout "$check" "$name" 2>/dev/null | grep -q 'does match' ||
    wrong "$certificate is not for $name: browsers would refuse it."
}

# The machine of a server's address and its port; nothing for a Unix socket.
place_of() {
  local rest=${1#*://} port=$2
  rest=${rest%%[/?]*}
  rest=${rest##*@}
  [[ -n $rest ]] || return 0
  [[ $rest == *:* ]] && port=${rest##*:} rest=${rest%:*}
  echo "$rest $port"
}

check_reached() {  # check_reached NAME ADDRESS PORT: never prints the address, which may hold a password
  local host port
  [[ -n $2 ]] || return 0
  read -r host port <<<"$(place_of "$2" "$3")" || true
  [[ -n $host ]] || return 0
  is_port "$port" && timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$port" 2>/dev/null ||
    wrong "$1 leads to $host, port $port, where nobody answers: start that server, or correct the address."
}

check_bundle() {  # check_bundle FOLDER
  local folder=$1 said
  [[ -n $folder ]] || return 0
  [[ -r $folder/SHA256SUMS && -r $folder/manifest ]] ||
    { wrong "$folder is no bundle of bin/bundle (no manifest in it): unpack the whole archive."; return; }
  [[ $(sed -n 's/^architecture=//p' "$folder/manifest") == "$(dpkg --print-architecture)" ]] ||
    wrong "the bundle was made for $(sed -n 's/^architecture=//p' "$folder/manifest"), and this machine is $(dpkg --print-architecture)."
  said=$(cd "$folder" && sha256sum --quiet --strict -c SHA256SUMS 2>&1) ||
    wrong "the bundle is damaged (${said%%$'\n'*}): copy it again and compare its checksum."
}

check_apt() { command -v apt-get >/dev/null || wrong "there is no apt-get, which the packages are installed with."; }

tell_preflight() {  # says what was found; fails when something must be mended first
  if ((${#DOUBTS[@]})); then
    echo "Worth knowing:"
    printf '  - %s\n' "${DOUBTS[@]}"
  fi
  ((${#WRONG[@]})) || return 0
  {
    echo "$COMMAND: nothing was changed. First mend this, then run it again:"
    printf '  - %s\n' "${WRONG[@]}"
  } >&2
  return 1
}
