import {describe, expect, it} from 'vitest';

import {doctorHelp} from '../../../src/commands/doctor-help.js';
import {helpText} from '../../../src/commands/help-text.js';
import {statusHelp} from '../../../src/commands/status-help.js';
import {splitWords} from '../../../src/core/plan/child-words.js';
import {doctorWords} from '../../../src/core/plan/doctor-words.js';
import {HELP_GROUPS} from '../../../src/core/plan/setting.js';
import {statusWords} from '../../../src/core/plan/status-words.js';
import {SETTINGS} from '../../../src/core/plan/settings.js';

const text = helpText();

describe('the help', () => {
  it('fits 80 columns and has no blanks at line ends', () => {
    for (const line of text.split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
  });

  it('names every flag under its group, the groups in order', () => {
    const places = HELP_GROUPS.map((group) => text.indexOf(`\n${group}:\n`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    for (const row of SETTINGS) {
      const place = text.indexOf(`--${row.flag}${row.kind === 'boolean' ? ' ' : ` ${row.metavar}`}`);
      expect(place, row.flag).toBeGreaterThan(places[HELP_GROUPS.indexOf(row.group)] ?? Infinity);
    }
  });

  it('explains every policy that this version has, and no other', () => {
    for (const policy of [
      'none',
      'log',
      'alert',
      'throttle',
      'graceful_shutdown',
      'immediate_kill',
      'restart',
      'restart_adjusted',
    ]) {
      expect(text).toMatch(new RegExp(`^  ${policy} +\\S`, 'm'));
    }
  });

  it('lists the exit codes', () => {
    for (const code of ['124', '110 111', '112 113 114', '118', '125', '126 127', '128+n']) {
      expect(text).toContain(`\n  ${code} `);
    }
  });

  it('shows examples whose flags are right', () => {
    const examples = text.slice(text.indexOf('Examples:')).match(/^ {2}.*limitrun .*$/gm) ?? [];
    expect(examples.length).toBeGreaterThan(4);
    for (const example of examples) {
      const words = example.slice(example.indexOf('limitrun ') + 'limitrun '.length).split(' ');
      expect(splitWords(words).child.length).toBeGreaterThan(0);
    }
  });
});

describe('the help of status', () => {
  const page = statusHelp();

  it('fits 80 columns and has no blanks at line ends', () => {
    for (const line of page.split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
  });

  it('shows examples whose words are right', () => {
    const examples = page.slice(page.indexOf('Examples:')).match(/limitrun status[^|\n]*/g) ?? [];
    expect(examples).toHaveLength(4);
    for (const example of examples) {
      const words = example.trim().split(' ').slice(2);
      expect(statusWords(words).own.length + (statusWords(words).run === undefined ? 0 : 1)).toBe(
        words.length,
      );
    }
  });

  it('is named on the main page', () => {
    expect(text).toContain('limitrun status [RUN] [--all] [--json]');
    expect(text).toContain('limitrun watch RUN|PID');
  });
});

describe('the help of doctor', () => {
  const page = doctorHelp();

  it('fits 80 columns and has no blanks at line ends', () => {
    for (const line of page.split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
  });

  it('shows examples whose words are right, and is named on the main page', () => {
    const examples = page.slice(page.indexOf('Examples:')).match(/limitrun doctor[^|\n]*/g) ?? [];
    expect(examples.map((example) => doctorWords(example.trim().split(' ').slice(2)))).toEqual([
      [],
      ['--json'],
    ]);
    expect(text).toContain('limitrun doctor [--json]');
  });
});
