import {constants, fstatSync} from 'node:fs';
import {isatty} from 'node:tty';

/** Of /dev/null and what else is memory on Linux (devices.txt of the kernel). */
const MEMORY_DEVICES = 1;

/**
 * Whether a descriptor is a terminal. Node's own answer comes with all that Node has for terminals, which takes longer to
 * load than anything else that is loaded for a run without one.
 */
export function isTerminal(descriptor: number): boolean {
  return mayBeTerminal(descriptor) && isatty(descriptor);
}

function mayBeTerminal(descriptor: number): boolean {
  try {
    const {mode, rdev} = fstatSync(descriptor);
    if ((mode & constants.S_IFMT) !== constants.S_IFCHR) return process.platform === 'win32';
    return process.platform !== 'linux' || majorOf(rdev) !== MEMORY_DEVICES;
  } catch {
    // It is closed.
    return false;
  }
}

/** makedev(3): 12 of its bits, which are all that Linux has. */
function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}
