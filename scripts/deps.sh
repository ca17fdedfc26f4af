#!/usr/bin/env bash
# Installs what the tests need beside Go: PostgreSQL's server, Chromium, fonts, curl and jq.
# Does nothing where they are there already.
set -euo pipefail

packages=()

have_postgres() {
  command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}
have_any() { # programs
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null && return 0
  done
  return 1
}
have_shell() { have_any chromium-headless-shell headless-shell; }
have_browser() { have_shell || have_any chromium chromium-browser google-chrome google-chrome-stable; }
known() { apt-cache show "$1" >/dev/null 2>&1; } # a package
have_font() { # a language
  command -v fc-list >/dev/null && [[ -n "$(fc-list ":lang=$1" family 2>/dev/null | head -n 1)" ]]
}

have_postgres || packages+=(postgresql)
command -v fc-list >/dev/null || packages+=(fontconfig)
have_font en || packages+=(fonts-dejavu-core)
have_font zh-cn || packages+=(fonts-wqy-zenhei)
have_font und-zsye || packages+=(fonts-noto-color-emoji)
for tool in curl jq; do # of the script that puts the dashboards into Metabase
  command -v "$tool" >/dev/null || packages+=("$tool")
done

# A browser that has no window by its make takes less than half the processor time of one that hides its own. It is
# taken where it is to be had, and the tests do without.
if ! have_shell && known chromium-headless-shell && [[ $(id -u) -eq 0 ]]; then
  echo "The tests take chromium-headless-shell, which is quicker, where it can be installed."
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null ||
    echo "It could not be installed; the tests go on without it."
fi
have_browser || packages+=(chromium)

if [[ ${#packages[@]} -eq 0 ]]; then
  exit 0
fi
echo "The tests need: ${packages[*]}"

if ! command -v apt-get >/dev/null; then
  echo "This machine has no apt-get. Install the packages above in its own way, then run make test again." >&2
  exit 1
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "Installing needs root, and there is no sudo here. Run as root: apt-get install ${packages[*]}" >&2
    exit 1
  fi
  echo "Installing them with sudo; it may ask for your password."
  as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
if [[ " ${packages[*]} " == *" postgresql "* ]]; then
  # The tests start databases of their own; without this the package starts one as a service.
  "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/aftercare.conf >/dev/null
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
echo "Installed."
