# shellcheck shell=bash
# Shell functions that quickstart.sh and test.sh share. Sourced from the repository's root.

# say TEXT: one line about what happens now
say() { printf '== %s\n' "$*"; }

# fail TEXT: the reason on stderr, then the end
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# as_root COMMAND...: runs it as root, by sudo where needed
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "root is needed for: $* (run as root, or install sudo)"
  fi
}

# packages_of GROUP...: names from scripts/packages.txt
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' scripts/packages.txt
  done
}

# install_packages GROUP...: installs the packages of these groups that are missing
install_packages() {
  local package state provided missing=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "not a Debian system: packages are left to you (scripts/packages.txt lists them)"
    return
  fi
  # another repository's nodejs brings npm with it and conflicts with Debian's
  provided=" $(dpkg-query -W -f='${db:Status-Status} ${Provides},\n' 2>/dev/null |
    sed -n 's/^installed //p' | tr ',' '\n' | awk '{ print $1 }' | tr '\n' ' ')"
  for package in $(packages_of "$@"); do
    # a virtual or renamed package may answer with no or several states
    state=$(dpkg-query -W -f='${db:Status-Status} ' "$package" 2>/dev/null || true)
    case " $state" in
      *" installed "*) ;;
      *) [[ $provided == *" $package "* ]] || missing+=("$package") ;;
    esac
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages ($*): all installed"
    return
  fi
  say "packages ($*): installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
}

# build PRESET ON|OFF [CMAKE-ARGUMENTS...]: configures and builds build/PRESET, with or without the tests
build() {
  say "building build/$1"
  cmake --preset "$1" --log-level=WARNING -DBUILD_TESTING="$2" "${@:3}"
  cmake --build --preset "$1"
}

# mpi_ranks N: sets mpi to the command that starts N ranks on this machine
mpi_ranks() {
  local groups=(one-host) setting
  [ "$(id -u)" -ne 0 ] || groups+=(root)
  [ "$1" -le "$(nproc)" ] || groups+=(crowded)
  for setting in $(scripts/mpi_settings.sh "${groups[@]}"); do
    export "${setting?}"
  done
  # by default a launcher may bind each rank to one core
  # shellcheck disable=SC2034 # the caller's
  mpi=(mpirun -n "$1" --bind-to none)
}

# train_sweeps FOLDER OUT AGAIN SWEEP...: trains FOLDER/SWEEP.yaml into OUT/SWEEP.h5, anew if AGAIN is yes; finished
# results stay as they are. Needs mpi (mpi_ranks) and program. Ends the script with 75 when it is interrupted.
train_sweeps() {
  local folder=$1 out=$2 again=$3 sweep results status stopped=no
  # the launcher's own status is another one after Ctrl-C
  trap 'stopped=yes' INT TERM
  for sweep in "${@:4}"; do
    results=$out/$sweep.h5
    if [ "$again" = yes ]; then
      rm -rf "$results" "$results.parts"
    fi
    status=0
    # shellcheck disable=SC2154 # the caller's
    "${mpi[@]}" "$program" run "$folder/$sweep.yaml" -o "$results" </dev/null || status=$?
    if [ "$stopped" = yes ] || [ "$status" -eq 75 ]; then
      say "interrupted; the same command goes on"
      exit 75
    fi
    [ "$status" -eq 0 ] ||
      fail "no results of $folder/$sweep.yaml (status $status); the same command goes on, --again starts anew"
  done
  trap - INT TERM
}

# arm64_apt FOLDER: from here on apt-get speaks of this Debian's packages for 64-bit Arm, with state and cache in
# FOLDER; the system's are not touched
arm64_apt() {
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
  : >"$1/status"
  cat >"$1/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
Dir::State::Lists "$1/lists";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
CONF
  export APT_CONFIG=$1/apt.conf
}
