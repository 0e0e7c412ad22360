#!/usr/bin/env bash
# need.sh TOOL...: makes sure that the tools are there. What Debian 12 has in
# the right version is installed with apt, quietly and once; Go and Node are not
# in it in the right version, so they are only checked.
set -euo pipefail

go_wanted=1.26
node_wanted=20
firefox_wanted=153

fail() { echo "switchyard: $*" >&2; exit 1; }

# at_least HAVE WANT compares versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" = "$2" ]; }

packages=()
for tool in "$@"; do
  case $tool in
    go)
      command -v go >/dev/null || fail "go is not in PATH: install Go $go_wanted or newer from https://go.dev/dl/"
      have=$(go env GOVERSION); have=${have#go}
      at_least "$have" "$go_wanted" || fail "Go $have is too old: install $go_wanted or newer from https://go.dev/dl/"
      ;;
    node)
      command -v node >/dev/null && command -v npm >/dev/null || fail "node and npm are not in PATH: install Node $node_wanted or newer from https://nodejs.org/"
      have=$(node --version); have=${have#v}
      at_least "$have" "$node_wanted" || fail "Node $have is too old: install $node_wanted or newer from https://nodejs.org/"
      ;;
    # gcc is for the race detector, which is C.
    gcc)
      command -v gcc >/dev/null && [ -e /usr/include/stdio.h ] || packages+=(gcc libc6-dev)
      ;;
    chromium) command -v chromium >/dev/null || packages+=(chromium) ;;
    # Older ones can't hear a stream in an AudioContext of another sample rate, which tests need.
    firefox)
      command -v firefox-esr >/dev/null && at_least "$(firefox-esr --version | tr -dc '0-9.')" "$firefox_wanted" || packages+=(firefox-esr)
      ;;
    # Tests start servers of their own: nothing has to run.
    postgres) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql) ;;
    radicale) command -v radicale >/dev/null || packages+=(radicale) ;;
    ffmpeg) command -v ffmpeg >/dev/null || packages+=(ffmpeg) ;;
    *) fail "need.sh does not know $tool" ;;
  esac
done
[ ${#packages[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null || fail "missing, and there is no apt-get to install it: ${packages[*]}"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "missing: ${packages[*]}; run as root or install them with apt-get"
  sudo=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing ${packages[*]}"
install() {
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}" >"$log" 2>&1
}
# The package lists of a bare machine are empty or old. Where they can't be fetched, what they have may do.
"${sudo[@]}" apt-get update -q >"$log" 2>&1 || true
install || { tail -n 20 "$log" >&2; fail "apt-get could not install ${packages[*]}"; }
