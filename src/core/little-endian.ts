/** Whether this machine stores the lowest byte of a number first. node:os tells too, but has to be loaded for it. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
