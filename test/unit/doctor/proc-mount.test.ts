import {expect, test} from 'vitest';

import {hidepidOf} from '../../../src/core/doctor/proc-mount.js';

test.each([
  ['22 27 0:21 / /proc rw,relatime - proc proc rw', undefined],
  ['22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,gid=4,hidepid=2', '2'],
  ['22 27 0:21 / /proc rw - proc proc rw,hidepid=invisible,gid=4', 'invisible'],
  ['22 27 0:21 / /proc rw - proc proc rw,hidepid=0', undefined],
  ['22 27 0:21 / /proc rw - proc proc rw,hidepid=off', undefined],
  ['22 27 0:21 / /mnt/proc rw - proc proc rw,hidepid=2', undefined],
  ['1 2 0:3 / /proc rw - proc proc rw,hidepid=2\n4 1 0:5 / /proc rw - proc proc rw', undefined],
  ['', undefined],
])('of %j hidepid is %j', (mountinfo, expected) => {
  expect(hidepidOf(mountinfo)).toBe(expected);
});
