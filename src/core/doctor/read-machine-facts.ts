import {existsSync} from 'node:fs';
import {release} from 'node:os';
import {isatty} from 'node:tty';
import {readCgroupFacts, type Asker} from '../containment/read-cgroup-facts.js';
import {hasProcfs, measuredHere} from '../monitor/open-probe.js';
import {readProcText} from '../monitor/proc-file.js';
import {countDescriptors, readStatOf} from '../monitor/procfs-process.js';
import {kilobyteLine} from '../monitor/procfs-text.js';
import {missingGuard} from '../process/guard.js';
import {statePlaces} from '../store/state-places.js';
import {supportsRegion, unicodeTerminal} from '../terminal/terminal-environment.js';
import {groupFiles} from './group-files.js';
import type {GroupFacts, MachineFacts, ProcFacts, TerminalFacts} from './machine-facts.js';
import {hidepidOf} from './proc-mount.js';
import {readPlace} from './read-place.js';

/** Where Docker and Podman tell that a process is in a container of theirs. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv'];

/** What is known of this limitrun already. */
export interface OwnFacts {
  readonly asker: Asker;
  readonly byLauncher: boolean;
  readonly environment: Readonly<Partial<Record<string, string>>>;
}

/** Reads what this machine offers to a run: no process is started, no group, file or directory is made. */
export function readMachineFacts({asker, byLauncher, environment}: OwnFacts): MachineFacts {
  const {platform, version} = process;
  const uid = process.getuid?.();
  const {state, runtime} = statePlaces(environment);
  const guardMissing = missingGuard();
  return {
    machine: {
      platform,
      kernelRelease: release(),
      nodeVersion: version,
      ...(uid === undefined ? {} : {uid}),
    },
    measures: measuredHere(),
    ...(hasProcfs() ? {proc: procFacts()} : {}),
    ...(platform === 'linux' ? {groups: groupFacts(asker)} : {}),
    inContainer: CONTAINER_MARKS.some((mark) => existsSync(mark)),
    ...(guardMissing === undefined ? {} : {guardMissing}),
    state: readPlace(state),
    runtime: readPlace(runtime),
    terminal: terminalFacts(environment),
    byLauncher,
  };
}

function procFacts(): ProcFacts {
  const status = readProcText('/proc/self/status') ?? '';
  const hidepid = hidepidOf(readProcText('/proc/self/mountinfo') ?? '');
  return {
    seesProcess1: readStatOf(1) !== undefined,
    ...(hidepid === undefined ? {} : {hidepid}),
    highWater: kilobyteLine(status, 'VmHWM') !== undefined,
    swap: kilobyteLine(status, 'VmSwap') !== undefined,
    openFiles: countDescriptors(process.pid) !== undefined,
    children: existsSync(`/proc/self/task/${String(process.pid)}/children`),
    environment: readProcText('/proc/self/environ') !== undefined,
  };
}

function groupFacts(asker: Asker): GroupFacts {
  const facts = readCgroupFacts(asker);
  const v2 = facts.hierarchies.find(({version}) => version === 2);
  const usual = `/run/user/${String(asker.uid)}`;
  const isElsewhere = facts.managerLacks === 'bus' && asker.uid > 0 && existsSync(`${usual}/bus`);
  return {...facts, files: groupFiles(v2, release()), ...(isElsewhere ? {busElsewhere: usual} : {})};
}

function terminalFacts(environment: OwnFacts['environment']): TerminalFacts {
  const [columns, rows] = isatty(2) ? process.stderr.getWindowSize() : [];
  return {
    ...(columns === undefined || rows === undefined ? {} : {size: {columns, rows}}),
    utf8: unicodeTerminal(environment),
    region: supportsRegion(environment),
  };
}
