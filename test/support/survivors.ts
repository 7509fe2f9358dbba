import {readdirSync, readFileSync} from 'node:fs';

/** The environment variable that every process of a test inherits. */
export const MARK_VARIABLE = 'LR_TEST_MARK';

export interface Survivor {
  readonly pid: number;
  readonly command: string;
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** A process that still runs; a zombie does not, whoever has not waited for it. */
export function isAlive(pid: number): boolean {
  const stat = readOrNothing(`/proc/${String(pid)}/stat`);
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return state !== '' && state !== 'Z' && state !== 'X';
}

/** Every live process, other than this one, with the mark in its environment or its arguments. */
export function aliveWithMarker(mark: string): Survivor[] {
  const survivors: Survivor[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const command = readOrNothing(`/proc/${name}/cmdline`);
    const marked =
      command.includes(mark) || readOrNothing(`/proc/${name}/environ`).includes(`${MARK_VARIABLE}=${mark}`);
    if (marked && isAlive(pid))
      survivors.push({pid, command: command.replaceAll('\0', ' ').trim().slice(0, 200)});
  }
  return survivors;
}

/** The same, as one line of text. */
export function describeSurvivors(survivors: readonly Survivor[]): string {
  return survivors.map(({pid, command}) => `${String(pid)} ${command}`).join('; ') || 'nobody';
}
