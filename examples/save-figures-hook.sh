#!/bin/sh
# A hook for --on-violation: keeps what a post-mortem needs. Saves the violation (JSON) and, for every process of the
# tree, its memory map and status as the system tells them.
#
#   limitrun --max-rss 128MB --on-violation "examples/save-figures-hook.sh /var/tmp/figures" --freeze -- node app.js
#
# With --freeze all of it is of one instant: nothing of the tree runs while this script does.
set -u
folder=${1:?usage: save-figures-hook.sh FOLDER}/$LIMITRUN_HOOK_RUN_ID-$LIMITRUN_VIOLATION-$$
umask 077
mkdir -p "$folder" || exit 1
cat >"$folder/violation.json"
# The members of the tree are the only ones with a parent.
for pid in $(grep -o '"pid":[0-9]*,"parent_pid"' "$folder/violation.json" | tr -cd '0-9\n'); do
  for file in smaps_rollup status stat io; do
    # A process may be gone by now, or not ours to read.
    cat "/proc/$pid/$file" >"$folder/$pid.$file" 2>/dev/null || rm -f "$folder/$pid.$file"
  done
done
echo "saved to $folder"
