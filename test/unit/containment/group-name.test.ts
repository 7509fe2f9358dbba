import {expect, test} from 'vitest';
import {
  groupName,
  isGroupName,
  ownerOfGroup,
  selfGroupName,
} from '../../../src/core/containment/group-name.js';

const OWNER = {runId: '0123456789ab', pid: 12, startTime: 3456, pidNamespace: 4026531836};

test('a name tells whose group it is', () => {
  expect(groupName(OWNER)).toBe('limitrun-0123456789ab-12-3456-4026531836');
  expect(ownerOfGroup(groupName(OWNER))).toEqual(OWNER);
  expect(ownerOfGroup(selfGroupName(OWNER))).toEqual(OWNER);
});

test.each(['limitrun', 'limitrun-x-1-2-3', 'limitrun-ab-1-2', 'limitrun-ab.scope', 'my-limitrun-ab-1-2-3'])(
  '%s is nobody’s',
  (name) => {
    expect(isGroupName(name)).toBe(false);
    expect(ownerOfGroup(name)).toBeUndefined();
  },
);
