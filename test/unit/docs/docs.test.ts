import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';

import {examine} from '../../../src/core/doctor/examine.js';
import {LIMIT_KINDS} from '../../../src/core/limits/resource-limits.js';
import {RESOURCE_POLICIES, VIOLATION_HANDLING_MODES} from '../../../src/core/limits/resource-policy.js';
import type {Setting} from '../../../src/core/plan/setting.js';
import {SETTINGS} from '../../../src/core/plan/settings.js';
import {workerFromText} from '../../../src/core/plan/worker-file.js';
import {
  codeOfSpawnError,
  EXIT_CANNOT_EXECUTE,
  EXIT_NOT_FOUND,
  EXIT_OWN_FAULT,
  exitCodeOf,
} from '../../../src/core/process/exit-code.js';
import {LAPTOP} from '../doctor/machines.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const README = textOf('README.md');
const CONFIGURATION = textOf('docs/configuration.md');

function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** The fenced blocks of a language. */
function blocks(text: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(fence)].map((match) => match[1] ?? '');
}

function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '');
}

/** Headings as GitHub turns them into anchors. */
function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function links(text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
}

/** The first cell of each row of a table that has the given header in its first column. */
function firstCells(text: string, header: string): string[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${header} +\\|`).test(line));
  expect(start, `a table of ${header}`).toBeGreaterThan(-1);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end).map((line) => line.split('|')[1]?.trim() ?? '');
}

describe('README.md', () => {
  it('begins with the two commands of a fresh clone', () => {
    const [first, second] = blocks(README, 'sh');
    expect(first).toBe('npm ci && node bin/run.js --max-rss 128MB -- node examples/leaky-server.mjs\n');
    expect(second).toBe('npm test\n');
  });

  it.each((SETTINGS as readonly Setting[]).map((setting) => [setting.flag, setting] as const))(
    'has --%s in its table of flags, as the help spells it',
    (flag, setting) => {
      const word = setting.kind === 'boolean' ? `\`--${flag}\`` : `\`--${flag} ${setting.metavar}\``;
      const short = setting.char === undefined ? '' : `\`-${setting.char}\`, `;
      expect(firstCells(README, 'flag')).toContain(short + word);
    },
  );

  it('has the defaults that the help shows', () => {
    for (const setting of SETTINGS as readonly Setting[]) {
      if (setting.shownDefault === undefined) continue;
      const row = README.split('\n').find((line) => line.startsWith(`| \`--${setting.flag} `));
      expect(row?.split('|')[2]?.trim(), setting.flag).toBe(`\`${setting.shownDefault}\``);
    }
  });

  it('has no flag that does not exist', () => {
    const known = new Set<string>([...SETTINGS.map((setting) => setting.flag), 'help', 'version']);
    for (const cell of firstCells(README, 'flag')) {
      for (const [, flag = ''] of cell.matchAll(/--([a-z-]+)/g)) expect(known).toContain(flag);
    }
  });

  it('has every exit code', () => {
    const codes = firstCells(README, 'code');
    const own = [EXIT_OWN_FAULT, EXIT_CANNOT_EXECUTE, EXIT_NOT_FOUND, codeOfSpawnError('ENOENT')];
    const breaker = exitCodeOf({cause: {kind: 'breaker_open', limitType: 'max_rss'}, forced: false});
    for (const code of [...LIMIT_KINDS.map((kind) => kind.exitCode), ...own, breaker]) {
      expect(codes).toContain(String(code));
    }
    expect(codes).toContain('0-255');
    expect(codes).toContain('128+n');
  });

  it('has every policy that can be asked for, and every handling mode', () => {
    const available = RESOURCE_POLICIES;
    expect(firstCells(README, 'policy')).toEqual(available.map((policy) => `\`${policy}\``));
    expect(firstCells(README, 'mode')).toEqual(VIOLATION_HANDLING_MODES.map((mode) => `\`${mode}\``));
  });

  it('links every page of docs/', () => {
    for (const page of DOCUMENTS.filter((name) => name.startsWith('docs/'))) {
      expect(links(README)).toContain(page);
    }
  });
});

describe('docs/configuration.md', () => {
  it('has every key of the table of settings', () => {
    for (const setting of SETTINGS as readonly Setting[]) {
      if (setting.yaml === undefined) continue;
      const key = setting.yaml.split('.').slice(2).join('.');
      const name = key.replace('*', 'GROUP').replace(/^(memory|cpu|io|process)\.policy$/, 'GROUP.policy');
      const last = key.split('.').at(-1) ?? '';
      const told = CONFIGURATION.includes(`\`${name}\``) || CONFIGURATION.includes(`\`${last}\``);
      expect(told, setting.yaml).toBe(true);
    }
  });
});

describe('docs/doctor.md', () => {
  it('has a row for everything that the doctor looks at, in its order', () => {
    const ids = examine(LAPTOP, 100).findings.map(({id}) => `\`${id}\``);
    expect(firstCells(textOf('docs/doctor.md'), 'id')).toEqual(ids);
  });
});

describe('worker files in the documents', () => {
  const examples = DOCUMENTS.flatMap((file) =>
    blocks(textOf(file), 'yaml')
      .filter((block) => block.startsWith('# worker file'))
      .map((block, index) => [`${file} (${String(index + 1)})`, block] as const),
  );

  it('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(2);
  });

  it.each(examples)('%s is accepted by limitrun', (name, block) => {
    expect(workerFromText(block, name, undefined).id).not.toBe('');
  });

  it('the full example of configuration.md leaves no key out', () => {
    const block = blocks(CONFIGURATION, 'yaml').find((text) => text.startsWith('# worker file')) ?? '';
    const {settings, rules} = workerFromText(block, 'configuration.md', undefined);
    const inFiles = (SETTINGS as readonly Setting[]).filter(
      (setting) => setting.yaml?.includes('*') === false,
    );
    expect(Object.keys(settings).sort()).toEqual(inFiles.map((setting) => setting.flag).sort());
    expect(rules.memory.warningThresholdPercent).toBe(70);
    expect(rules.cpu.sustainedViolationTimeMs).toBe(2000);
  });

  it('examples/worker.yaml is accepted and has a command of its own', () => {
    const worker = workerFromText(textOf('examples/worker.yaml'), 'examples/worker.yaml', undefined);
    expect(worker.execution?.words[0]).toBe('node');
    expect(worker.settings['violation-handling']).toBe('external');
  });
});

describe('every document', () => {
  it.each(DOCUMENTS)('%s: relative links lead to a file, and to a heading of it', (file) => {
    for (const link of links(textOf(file))) {
      if (/^[a-z]+:/.test(link)) continue;
      const [target = '', anchor] = link.split('#');
      const found = target === '' ? file : path.join(path.dirname(file), target);
      expect(existsSync(path.join(ROOT, found)), `${link} in ${file}`).toBe(true);
      if (anchor !== undefined) expect(anchors(textOf(found)), `${link} in ${file}`).toContain(anchor);
    }
  });

  it.each(DOCUMENTS.filter((name) => name !== 'docs/report.md'))('%s fits 120 columns', (file) => {
    for (const line of textOf(file).split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
  });
});

describe('ARCHITECTURE.md', () => {
  const text = textOf('ARCHITECTURE.md');
  const named = [
    ...text.matchAll(/`((?:src|bin|test|docs|schemas|examples)\/[^`\s]*|\.?[a-z-]+\.(?:cjs|js|json))`/g),
  ]
    .map((match) => match[1] ?? '')
    .filter((name) => name.includes('/') || existsSync(path.join(ROOT, name)));

  it('names files and folders that exist', () => {
    expect(named.length).toBeGreaterThan(20);
    for (const name of named) expect(existsSync(path.join(ROOT, name)), name).toBe(true);
  });

  it('names files without a folder only where such a file is in src/', () => {
    const files = readdirSync(path.join(ROOT, 'src'), {recursive: true, encoding: 'utf8'});
    const names = files.map((file) => path.basename(file));
    for (const [, name = ''] of text.matchAll(/`([a-z-]+\.ts)`/g)) expect(names).toContain(name);
  });

  it('names every folder of src/core', () => {
    for (const entry of readdirSync(path.join(ROOT, 'src', 'core'), {withFileTypes: true})) {
      if (entry.isDirectory()) expect(text).toContain(`\`src/core/${entry.name}/\``);
    }
  });

  it('says where a violation becomes an action, and that is so', () => {
    expect(text).toMatch(/\*\*A violation becomes an action in `(\S+)`, method `onViolationDispatch`/);
    expect(textOf('src/core/limits/resource-limit-manager.ts')).toContain('private onViolationDispatch(');
  });

  it('draws every state of a run', () => {
    const chart = blocks(text, 'text').join('');
    for (const state of [
      'idle',
      'starting',
      'running',
      'stopping',
      'terminating',
      'backing-off',
      'failed_start',
    ]) {
      expect(chart).toContain(state);
    }
  });
});
