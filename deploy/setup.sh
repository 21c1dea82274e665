#!/bin/bash
# Installs what one of four levels adds (`make` calls them in order):
#   run     the platform itself, into .venv                           (needs Python with venv)
#   dev     the same with its linters and test libraries              (the same)
#   test    what the test suite starts: PostgreSQL, Chromium, CJK fonts, and Go where it can be had
#   judges  the outside judges: Go with golang.org/x/mod, Lighthouse with Node
# Missing Debian packages are installed with apt-get, as root or through sudo; nothing present is touched.
# PYTHON names another interpreter than python3. Where pip finds its packages is pip's own configuration.
set -euo pipefail
cd "$(dirname "$0")/.."

level=${1:-run}
python=${PYTHON:-python3}
apt_updated=no
lighthouse=12.8.2

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

case $level in run | dev | test | judges) ;; *) die "unknown level '$level': run, dev, test or judges" ;; esac

# Runs a command as root, or says what a person has to ask for.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        DEBIAN_FRONTEND=noninteractive "$@"
    elif has sudo && sudo -n true 2>/dev/null; then
        sudo -n DEBIAN_FRONTEND=noninteractive "$@"
    elif has sudo && [ -t 0 ]; then
        sudo DEBIAN_FRONTEND=noninteractive "$@"
    else
        return 126
    fi
}

# apt PACKAGE...: installs Debian packages; the lists are fetched once, when they are missing or out of date.
apt() {
    has apt-get || die "this machine has no apt-get; please install by its own means: $*"
    as_root true || die "please run this as root, or let an administrator run: apt-get install $*"
    say "apt-get install $*"
    if [ "$apt_updated" = no ] && ! apt-cache show "$@" >/dev/null 2>&1; then
        say "fetching the package lists"
        as_root apt-get update -qq
        apt_updated=yes
    fi
    if ! as_root apt-get install -y -qq --no-install-recommends "$@" >&2; then
        [ "$apt_updated" = no ] || die "apt-get could not install: $*"
        say "the package lists are out of date; fetching them"
        as_root apt-get update -qq
        apt_updated=yes
        as_root apt-get install -y -qq --no-install-recommends "$@" >&2 || die "apt-get could not install: $*"
    fi
}

python_ready() { "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

install_python() {
    has "$python" || apt python3 python3-venv
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "$("$python" --version) is too old: Python 3.11 or newer is needed (PYTHON=… names another)"
    # Debian's python3 comes without ensurepip until python3-venv is there.
    python_ready || apt python3-venv
    python_ready || die "$python cannot make virtual environments: it lacks the module ensurepip"
}

make_venv() {
    if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        say "making .venv with $("$python" --version)"
        rm -rf .venv
        "$python" -m venv .venv
    fi
}

# pip_install EXTRAS: the platform itself, in place, with the pinned libraries.
pip_install() {
    say "pip install mingjing[$1]"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --constraint deploy/constraints.txt --editable ".[$1]"
}

install_postgresql() {
    has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
    # The tests start clusters of their own: Debian's package need not start one on the machine's port.
    local folder=/etc/postgresql-common/createcluster.d
    as_root mkdir -p $folder || die "please run this as root, or let an administrator run: apt-get install postgresql"
    printf 'create_main_cluster = false\n' | as_root tee $folder/mingjing-setup.conf >/dev/null
    apt postgresql
    as_root rm -f $folder/mingjing-setup.conf
}

install_test_programs() {
    install_postgresql
    has chromium || apt chromium
    compgen -G '/usr/share/fonts/*/noto/*CJK*' >/dev/null || apt fonts-noto-cjk
}

install_judges() {
    has go || apt golang-go
    [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || apt golang-golang-x-mod-dev
}

# Into a folder of its own; nothing of it is run while it is installed.
install_lighthouse() {
    has npm || apt nodejs npm
    say "npm install lighthouse@$lighthouse"
    npm install --prefix .venv/judges --ignore-scripts --no-audit --no-fund --silent "lighthouse@$lighthouse"
}

case $level in
run | dev)
    install_python
    make_venv
    pip_install "$([ "$level" = run ] && echo server,score || echo server,score,dev)"
    ;;
test)
    install_test_programs
    # A subshell: without Go the suite still runs, only without that judge.
    (install_judges) || say "Go cannot be installed here: tests/judges are left out"
    ;;
judges)
    install_judges
    install_lighthouse
    ;;
esac
say "ready ($level)"
