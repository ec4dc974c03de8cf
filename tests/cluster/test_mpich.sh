#!/bin/bash
# Builds the program with MPICH and compares what two and three ranks of it leave with what PROGRAM leaves.
#
#   test_mpich.sh PROGRAM BUILD-FOLDER GENERATOR
#
# The unit, cluster and commands tests under MPICH:
#   cmake -B build/mpich -DMPI_C_COMPILER=mpicc.mpich -DMPIEXEC_EXECUTABLE=/usr/bin/mpiexec.mpich
#   cmake --build build/mpich
#   ctest --test-dir build/mpich -L 'unit|cluster|commands'
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
program=$1 build=$2 generator=$3

for needed in mpicc.mpich mpiexec.mpich; do
  command -v "$needed" >/dev/null || exec "$here/../requirements.py" "$needed (packages mpich and libmpich-dev)"
done
cmake -S "$source" -B "$build" -G "$generator" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
  -DMPI_C_COMPILER=mpicc.mpich -DMPIEXEC_EXECUTABLE="$(command -v mpiexec.mpich)" >/dev/null
cmake --build "$build" --target initsweep --parallel "${CTEST_BUILD_JOBS:-2}" >/dev/null
"$build/initsweep" --version | grep MPICH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/sweep.yaml" <<'SWEEP'
sweep: mpich
seed: 5
dataset: {name: xor}
network: {width: 5}
train: {loss: mse, optimizer: adam, learning_rate: 0.01, steps: 300}
record: {steps: {geomspace: 9}, probes: [loss, accuracy, gradient_norm, distinct_units], weights: both}
grid:
  network.init: [zeros, he_normal, orthogonal]
  network.activation: [tanh, relu]
  network.depth: [1, 3]
  replicate: {range: [0, 19]}
SWEEP
cd "$folder"
export OMP_NUM_THREADS=1
"$program" run sweep.yaml -o one.h5 --quiet
mpiexec.mpich -n 2 "$build/initsweep" run sweep.yaml -o two.h5 --quiet
mpiexec.mpich -n 3 "$build/initsweep" run sweep.yaml -o three.h5
"$build/initsweep" run sweep.yaml -o alone.h5 --quiet
/usr/bin/python3 "$source/scripts/results_hash.py" one.h5 two.h5 three.h5 alone.h5 | tee hashes
[ "$(cut -d ' ' -f 1 hashes | sort -u | wc -l)" -eq 1 ]

# Under the launcher of another MPI each rank believes that it is alone: none of them writes.
if command -v mpirun.openmpi >/dev/null; then
  status=0
  mapfile -t settings < <("$source/scripts/mpi_settings.sh" --launcher mpirun.openmpi root crowded one-host)
  env "${settings[@]}" mpirun.openmpi -n 2 "$build/initsweep" run sweep.yaml -o never.h5 2>said || status=$?
  [ "$status" -eq 2 ]
  grep 'OMPI_COMM_WORLD_SIZE=2' said
  [ ! -e never.h5 ] && [ ! -e never.h5.parts ]
fi
