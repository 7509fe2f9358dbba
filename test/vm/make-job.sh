#!/usr/bin/env bash
# make-job.sh JOBDIR [PART...]
#
# Puts into JOBDIR what the virtual machine needs: the packed program with what it depends on, and run.sh, which will
# check the PARTs named, or all. See README.md.
set -eu
job=${1:?usage: make-job.sh JOBDIR [PART...]}
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$job"
job=$(cd "$job" && pwd)
rm -rf "$job/package" "$job/node_modules" "$job"/*.tgz
cd "$root"
npm run build >/dev/null
npm pack --ignore-scripts --silent --pack-destination "$job" >/dev/null
tar -xzf "$job"/limitrun-*.tgz -C "$job"
# What it needs at run time: there is no network in the machine.
node -e '
  const {readFileSync, cpSync} = require("fs");
  const {createRequire} = require("module");
  const done = new Set();
  const copy = (from) => {
    const {dependencies = {}} = JSON.parse(readFileSync(`${from}/package.json`));
    for (const name of Object.keys(dependencies)) {
      const place = createRequire(`${from}/`).resolve.paths(name).map((path) => `${path}/${name}`)
        .find((path) => require("fs").existsSync(`${path}/package.json`));
      const target = place.slice(place.indexOf("node_modules"));
      if (done.has(target)) continue;
      done.add(target);
      cpSync(place, `${process.argv[1]}/package/${target}`, {recursive: true, dereference: true});
      copy(place);
    }
  };
  copy(process.cwd());
' "$job"
cp "$here/run.sh" "$here/alloc.c" "$job/"
echo "$@" >"$job/parts"
