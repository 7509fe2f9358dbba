/** Whether the variable DEBUG names limitrun: then a bug shows its stack. */
export function wantsStack(debug: string | undefined): boolean {
  return /(?:^|[\s,])(?:limitrun\b|\*)/.test(debug ?? '');
}
