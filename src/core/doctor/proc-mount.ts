/**
 * The option `hidepid` with which /proc is mounted (proc(5)), such as `2` or `invisible`; undefined where there is none or
 * it hides nothing.
 * @param mountinfo /proc/self/mountinfo; of several mounts at /proc the last one is on top
 */
export function hidepidOf(mountinfo: string): string | undefined {
  const line = mountinfo.split('\n').findLast((text) => / \/proc [^\n]* - proc /.test(text));
  const value = /[ ,]hidepid=(\w+)/.exec(line ?? '')?.[1];
  return value === '0' || value === 'off' ? undefined : value;
}
