import {expect, test} from 'vitest';
import {LIMIT_KINDS} from '../../../src/core/limits/resource-limits.js';
import {codeOfSpawnError, exitCodeOf, violationCode} from '../../../src/core/process/exit-code.js';
import type {EndCause} from '../../../src/core/record/run-event.js';

const EXITED: EndCause = {kind: 'exited'};
const BY_TERM: EndCause = {kind: 'signal', signal: 'SIGTERM'};

test.each([0, 1, 2, 125, 126, 127, 128, 200, 255])(
  'a child that exits with %d passes its own code on',
  (code) => {
    expect(exitCodeOf({cause: EXITED, child: {exitCode: code}, forced: false})).toBe(code);
  },
);

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGKILL', 137],
  ['SIGSEGV', 139],
  ['SIGTERM', 143],
])('a child that died of %s gives %d', (signal, code) => {
  expect(exitCodeOf({cause: EXITED, child: {signal}, forced: false})).toBe(code);
});

test('a signal without a name here gives 128', () => {
  expect(exitCodeOf({cause: EXITED, child: {signal: 'SIGRTMIN'}, forced: false})).toBe(128);
});

test('what was left in the background and had to be killed does not change the code of the child', () => {
  expect(exitCodeOf({cause: EXITED, child: {exitCode: 3}, forced: true})).toBe(3);
});

test('without a child that ended the code is 0', () => {
  expect(exitCodeOf({cause: EXITED, forced: false})).toBe(0);
});

test.each(LIMIT_KINDS.map(({type, exitCode}) => [type, exitCode] as const))(
  'ended for %s gives %d, whatever the child answered and however it had to be ended',
  (limitType, code) => {
    for (const child of [{exitCode: 0}, {signal: 'SIGKILL'}, undefined]) {
      for (const forced of [true, false]) {
        expect(exitCodeOf({cause: {kind: 'violation', limitType}, child, forced})).toBe(code);
      }
    }
  },
);

test('the replacement of the violation codes leaves time limits as they are', () => {
  for (const {type, exitCode} of LIMIT_KINDS) {
    const facts = {cause: {kind: 'violation', limitType: type} as const, forced: false, violationExitCode: 9};
    expect(exitCodeOf(facts)).toBe(exitCode === 124 ? 124 : 9);
  }
});

test('an open breaker gives 118, or the replacement', () => {
  const cause: EndCause = {kind: 'breaker_open', limitType: 'max_rss'};
  expect(exitCodeOf({cause, child: {signal: 'SIGTERM'}, forced: false})).toBe(118);
  expect(exitCodeOf({cause, child: {signal: 'SIGTERM'}, forced: false, violationExitCode: 7})).toBe(7);
});

test.each([
  [109, 109],
  [110, 9],
  [118, 9],
  [119, 119],
  [124, 124],
])('the code %d is told as %d when violations are to give 9', (code, told) => {
  expect(violationCode(code, 9)).toBe(told);
  expect(violationCode(code, undefined)).toBe(code);
});

test('a child that was asked to end by a signal answers for itself', () => {
  expect(exitCodeOf({cause: BY_TERM, child: {exitCode: 5}, forced: false})).toBe(5);
  expect(exitCodeOf({cause: BY_TERM, child: {exitCode: 0}, forced: false})).toBe(0);
  expect(exitCodeOf({cause: BY_TERM, child: {signal: 'SIGTERM'}, forced: false})).toBe(143);
});

test('a child that had to be killed, or never was, gives the code of the signal', () => {
  expect(exitCodeOf({cause: BY_TERM, child: {signal: 'SIGKILL'}, forced: true})).toBe(143);
  expect(exitCodeOf({cause: {kind: 'signal', signal: 'SIGINT'}, forced: false})).toBe(130);
});

test('a fault of limitrun gives 125, whatever was to replace violation codes', () => {
  const cause: EndCause = {kind: 'fault', message: 'x'};
  expect(exitCodeOf({cause, child: {exitCode: 0}, forced: false, violationExitCode: 9})).toBe(125);
});

test.each([
  ['ENOENT', 127],
  ['ENOTDIR', 127],
  ['EACCES', 126],
  ['ENOEXEC', 126],
  ['E2BIG', 126],
  ['EAGAIN', 125],
  ['ENOMEM', 125],
  ['EMFILE', 125],
  ['ENFILE', 125],
  ['ECWD', 125],
  ['EBYTES', 125],
  ['EUNKNOWN', 125],
])('a command that fails to start with %s gives %d', (code, exitCode) => {
  expect(codeOfSpawnError(code)).toBe(exitCode);
  expect(exitCodeOf({cause: {kind: 'spawn_failed', code, message: 'x'}, forced: false})).toBe(exitCode);
});

test('--fail-on-violation turns a success into a failure and leaves every other code alone', () => {
  expect(exitCodeOf({cause: EXITED, child: {exitCode: 0}, forced: false, failWith: 110})).toBe(110);
  expect(exitCodeOf({cause: EXITED, child: {exitCode: 4}, forced: false, failWith: 110})).toBe(4);
  expect(exitCodeOf({cause: BY_TERM, child: {exitCode: 0}, forced: false, failWith: 110})).toBe(110);
});
