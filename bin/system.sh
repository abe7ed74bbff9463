# shellcheck shell=bash
# What must be there before Python can run: system packages, and Python itself.
# Sourced by bin/up, bin/test, bin/bench, bin/docs, bin/install and bin/bundle; they set COMMAND (their name) and ASSUME_YES first.
# Ends with PYTHON set, and SETUP_PACKAGES_S when packages were installed.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
MISSING=()
APT_FROM=() # options that lead apt to the packages of a bundle, and to no others

fail() {
  printf '%s: %s\n' "$COMMAND" "$1" >&2
  exit 1
}

# ---- What is there -------------------------------------------------------------------------------

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

apt_cache() { apt-cache "${APT_FROM[@]}" "$@"; }

available() { apt_cache show --no-all-versions "$1" >/dev/null 2>&1; }

need_package() { installed "$1" || MISSING+=("$1"); }

need_command() {  # need_command PACKAGE COMMAND...: any one of the commands will do
  local package=$1 name
  shift
  for name in "$@"; do command -v "$name" >/dev/null && return; done
  MISSING+=("$package")
}

# The wheels that the locks name exist for Python 3.11 to 3.13.
python_fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }

# The distribution's own comes first: it is built with profiles and link-time optimization, which one
# that somebody has compiled seldom is (a fifth more processor for all that the product does).
find_python() {
  local name
  for name in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if python_fits "$name"; then
      [[ $name != /usr/* ]] || "$name" -c 'import ensurepip, venv' 2>/dev/null || continue
      PYTHON=$(command -v "$name")
      return
    fi
  done
  return 1
}

python_version() { "$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

need_python() {
  local version
  if find_python; then
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || MISSING+=("python$(python_version)-venv")
    return
  fi
  version=$(apt_cache show --no-all-versions python3 2>/dev/null | sed -n 's/^Version: \(3\.[0-9]*\).*/\1/p' | head -n 1)
  case $version in
    3.11 | 3.12 | 3.13 | "") MISSING+=(python3 python3-venv) ;; # "": no package lists yet
    *)
      for version in 3.13 3.12 3.11; do
        available "python$version-venv" && MISSING+=("python$version" "python$version-venv") && return
      done
      ;;
  esac
}

postgis_here() { compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null; }

need_postgis() {  # the newest PostgreSQL for which the distribution has PostGIS 3
  local major
  postgis_here && return
  major=$(apt_cache search --names-only '^postgresql-[0-9]+-postgis-3$' | sed 's/postgresql-\([0-9]*\)-.*/\1/' | sort -n | tail -n 1)
  MISSING+=("postgresql-${major:-15}" "postgresql-${major:-15}-postgis-3")
}

# The headless shell draws the same pages without a window around each: two thirds of the processor.
# Ubuntu's chromium is a snap, which needs snapd; any Chromium named by CHROMIUM is taken instead.
need_chromium() {
  local package
  [[ -n ${CHROMIUM:-} ]] && return
  for package in chromium-headless-shell chromium chromium-browser; do available "$package" && break; done
  need_command "$package" chromium-headless-shell chromium chromium-browser google-chrome
}

list_missing() {
  local part
  MISSING=()
  need_python
  for part in "$@"; do
    case $part in
      run)
        [[ -n ${SSL_CERT_FILE:-} ]] || need_package ca-certificates
        need_command gettext msgfmt
        # PDF files are set in it; the font of the demo has outlines that cannot be embedded so.
        [[ -n ${PDF_FONT:-} ]] || need_package fonts-wqy-microhei
        ;;
      database) need_postgis ;;
      # redis-tools holds the server itself; redis-server would also start one for the whole machine.
      redis) need_command redis-tools redis-server redis-check-rdb ;;
      demo)
        # gstreamer1.0-x draws the clock and the camera's Chinese name into the picture.
        for name in python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly} \
          gstreamer1.0-x fonts-noto-cjk; do
          need_package "$name"
        done
        ;;
      front)
        need_command nginx nginx
        need_command openssl openssl
        need_package tzdata
        ;;
      browser) need_chromium ;;
      # A program of others that reads the OGC API; its library comes with PostGIS.
      readers) need_command gdal-bin ogr2ogr ;;
      # A clock that tests can set is compiled from tests/faults/clock.c; any compiler will do.
      clock) need_command tcc cc gcc clang tcc ;;
    esac
  done
}

# ---- Installing what is not ----------------------------------------------------------------------

as_root() {
  if ((EUID == 0)); then "$@"; return; fi
  # The proxy that this user goes through is the one that apt must use too.
  sudo env ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    ${no_proxy:+no_proxy="$no_proxy"} "$@"
}

may_become_root() {
  ((EUID == 0)) && return
  command -v sudo >/dev/null || return 1
  [[ -t 0 ]] || sudo -n true 2>/dev/null
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 apt-get -q -y \
    -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold -o APT::Install-Recommends=false \
    "${APT_FROM[@]}" "$@" </dev/null >>"$SETUP_PACKAGES_LOG" 2>&1
}

ask() {
  echo "These system packages are missing and will be installed with apt-get:"
  printf '  %s\n' "${MISSING[@]}"
  ((ASSUME_YES)) && return
  [[ -t 0 ]] || fail "these packages need a yes: run $COMMAND --yes, or install them yourself."
  local answer
  read -r -p "Install them now? [Y/n] " answer
  [[ -z $answer || $answer == [yYjJ]* || $answer == 是* ]] || fail "nothing was installed; run $COMMAND again when it may."
}

mend_half_installed() {
  [[ -z $(dpkg --audit 2>/dev/null) ]] && return
  echo "An earlier installation was cut off; finishing it first."
  as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null >>"$SETUP_PACKAGES_LOG" 2>&1 &&
    apt --fix-broken install ||
    fail "the machine's packages are half installed and do not mend: run 'sudo apt-get --fix-broken install', then $COMMAND again (details: $SETUP_PACKAGES_LOG)."
}

# Without this the package would start a cluster of its own on port 5432.
keep_postgresql_quiet() {
  local file=/etc/postgresql-common/createcluster.conf
  [[ " ${MISSING[*]}" == *" postgresql-"* && ! -e $file ]] || return 0
  as_root mkdir -p "${file%/*}" &&
    echo "create_main_cluster = false" | as_root tee "$file" >/dev/null ||
    fail "$file could not be written: run $COMMAND as an administrator once."
}

# The product's own nginx is a unit of ours; the package's would take port 80 before that.
keep_nginx_quiet() {
  [[ " ${MISSING[*]} " == *" nginx "* && -d /run/systemd/system ]] || return 0
  as_root systemctl mask --runtime --quiet nginx.service 2>/dev/null
}

leave_nginx_quiet() {
  [[ " ${MISSING[*]} " == *" nginx "* && -d /run/systemd/system ]] || return 0
  as_root systemctl unmask --runtime --quiet nginx.service 2>/dev/null
  as_root systemctl disable --quiet nginx.service 2>/dev/null || true
}

why_apt_failed() {
  local name
  name=$(sed -n -e 's/^E: Unable to locate package //p' \
    -e "s/^E: Package '\([^']*\)' has no installation candidate.*/\1/p" \
    -e 's/^E: Failed to fetch .*\/\([^_/ ]*\)_[^ ]*.*/\1/p' \
    -e 's/^dpkg: error processing package \([^ ]*\).*/\1/p' "$SETUP_PACKAGES_LOG" | head -n 1)
  if grep -q "^E: You don't have enough free space" "$SETUP_PACKAGES_LOG"; then
    echo "the disk is too full for the system packages: free 2 GB and run $COMMAND again"
  elif grep -qE "^E: (Failed to fetch|Unable to fetch)|^W: Failed to fetch" "$SETUP_PACKAGES_LOG"; then
    echo "${name:-the package list} could not be downloaded: check the network, the proxy and /etc/apt/sources.list, then run $COMMAND again"
  else
    echo "${name:-a system package} could not be installed: run 'sudo apt-get install ${MISSING[*]}' to see why, then $COMMAND again"
  fi
}

LISTS_FETCHED=0 BEGAN=$EPOCHREALTIME

fetch_lists() {
  ((LISTS_FETCHED)) && return
  command -v apt-get >/dev/null || return 0
  printf 'Package lists … '
  apt update && echo fetched || echo "not all could be fetched"
  LISTS_FETCHED=1
}

# From here on apt knows the Debian packages of an unpacked bundle and nothing else; its own lists
# and sources stay as they are.
use_bundle() {  # use_bundle FOLDER
  local lists
  lists=$(mktemp -d -t gis-server-lists.XXXXXX) || fail "no folder can be made under ${TMPDIR:-/tmp}."
  mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
  # What is in the bundle was compared with its checksums; the archive's signature covers the
  # archive's own index, of which this is a part.
  echo "deb [trusted=yes] copy:$(printf %s "$1/debs" | sed 's/ /%20/g') ./" >"$lists/sources.list"
  APT_FROM=(-o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$lists/lists"
    -o "Dir::Cache=$lists/cache" -o APT::Sandbox::User=root)
  SETUP_PACKAGES_LOG=$(mktemp -t gis-server-packages.XXXXXX)
  fetch_lists
}

install_missing() {
  local free_mb
  command -v apt-get >/dev/null ||
    fail "this system has no apt-get; install what these Debian packages hold by hand, then run $COMMAND again: ${MISSING[*]}"
  may_become_root ||
    fail "an administrator must install some packages first: apt-get install --no-install-recommends ${MISSING[*]}"
  ask
  free_mb=$(df --output=avail -BM /usr | tail -n 1 | tr -dc 0-9)
  ((free_mb >= 2000)) || fail "only $free_mb MB are free under /usr and the packages need 2,000: free some and run $COMMAND again."
  fetch_lists
  mend_half_installed
  printf 'System packages … '
  keep_postgresql_quiet
  keep_nginx_quiet
  apt install "${MISSING[@]}" || fail "$(why_apt_failed) (details: $SETUP_PACKAGES_LOG)."
  leave_nginx_quiet
  SETUP_PACKAGES_S=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $BEGAN }")
  echo "$SETUP_PACKAGES_S s"
}

# What tests can do without: where it cannot be had they pass over what needs it, and say so.
try_package() {  # try_package PACKAGE
  installed "$1" && return
  SETUP_PACKAGES_LOG=${SETUP_PACKAGES_LOG:-$(mktemp -t gis-server-packages.XXXXXX)}
  printf '%s … ' "$1"
  may_become_root && apt install "$1" && echo installed || echo "not to be had (details: $SETUP_PACKAGES_LOG)"
}

ensure_system() {  # ensure_system PART...: run, database, redis, front, demo, browser, readers
  [[ -z ${DATABASE_URL:-} ]] || set -- "${@/database/}"
  [[ -z ${REDIS_URL:-} ]] || set -- "${@/redis/}"
  list_missing "$@"
  if ((${#MISSING[@]})); then
    BEGAN=$EPOCHREALTIME
    SETUP_PACKAGES_LOG=${SETUP_PACKAGES_LOG:-$(mktemp -t gis-server-packages.XXXXXX)}
    # A fresh machine has no package lists: names can only be told after fetching them.
    if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null && may_become_root; then
      fetch_lists
      list_missing "$@"
    fi
    install_missing
  fi
  find_python || fail "Python 3.11 to 3.13 is needed and this distribution has none: install one (it may be called python3.12), then run $COMMAND again."
  export SETUP_PACKAGES_S SETUP_PACKAGES_LOG
}
