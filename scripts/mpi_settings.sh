#!/bin/bash
# Prints what the environment tells MPI's launcher about the ranks of one machine, a line NAME=value each. The names
# differ between the release lines of Open MPI; this is the only file that knows them, except for batch files, which
# stand alone.
#
#   scripts/mpi_settings.sh [--launcher MPIRUN] GROUP...
#
#   root         may start as root: in containers there is nobody else
#   crowded      more ranks than cores, none of them bound; ranks that wait leave their core to others
#   one-host     Open MPI 5 does not report that it finds no route to this host's own address
#   tcp          messages by TCP even where memory is shared
#   agent        what starts a daemon on another host
#   keep-alive   a lost host is noticed after seconds
#
# MPICH needs none of them: nothing is printed.
set -euo pipefail

launcher=mpirun
if [ "${1-}" = --launcher ]; then
  launcher=${2:?"--launcher needs a program"}
  shift 2
fi
version=$("$launcher" --version 2>/dev/null | sed -n '1s/.*(Open[^)]*) \([0-9]*\).*/\1/p') || version=
case $version in
  '') exit 0 ;;
  [0-4]) line=4 ;; # ORTE
  5) line=5 ;;     # PRRTE 3
  *) line=6 ;;     # PRRTE 4
esac

for group in "$@"; do
  case $group-$line in
    root-*) printf '%s\n' OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 ;;
    crowded-4) printf '%s\n' OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none \
      OMPI_MCA_mpi_yield_when_idle=1 ;;
    crowded-5) printf '%s\n' PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe \
      PRTE_MCA_hwloc_default_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1 ;;
    crowded-6) printf '%s\n' PRTE_MCA_mapby=:oversubscribe PRTE_MCA_bindto=none OMPI_MCA_mpi_yield_when_idle=1 ;;
    one-host-5) printf '%s\n' OMPI_MCA_reachable=weighted ;;
    one-host-*) ;;
    tcp-*) printf '%s\n' OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,self OMPI_MCA_btl_tcp_if_include=lo ;;
    agent-4) printf '%s\n' OMPI_MCA_plm_rsh_agent=ssh ;;
    agent-*) printf '%s\n' PRTE_MCA_plm_ssh_agent=ssh ;;
    keep-alive-4) printf 'OMPI_MCA_oob_tcp_keepalive_%s\n' time=10 intvl=5 probes=3 ;;
    keep-alive-5) printf 'PRTE_MCA_oob_tcp_keepalive_%s\n' time=10 intvl=5 probes=3 ;;
    keep-alive-6) printf 'PRTE_MCA_prte_keepalive_%s\n' time=10 intvl=5 probes=3 ;;
    *) printf 'error: unknown group %s\n' "$group" >&2; exit 2 ;;
  esac
done
