import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Folders and files that decide and print: time and the operating system come in as arguments. */
const PURE = [
  'src/core/report/**/*.ts',
  'src/core/plan/units.ts',
  'src/core/plan/limit-steps.ts',
  'src/core/plan/suggest.ts',
  'src/core/plan/child-words.ts',
  'src/core/plan/watch-words.ts',
  'src/core/plan/environment.ts',
  'src/core/plan/resolve-*.ts',
  'src/core/plan/worker*.ts',
  'src/core/plan/yaml-tree.ts',
  'src/core/limits/resource-violation-checker.ts',
  'src/core/limits/violation-message.ts',
  'src/core/limits/next-gap.ts',
  'src/core/limits/screen-bounds.ts',
  'src/core/limits/throttle-slices.ts',
  'src/core/limits/limit-promises.ts',
  'src/core/limits/limit-step.ts',
  'src/core/limits/kernel-caps.ts',
  'src/core/containment/cgroup-text.ts',
  'src/core/containment/choose-groups.ts',
  'src/core/containment/group-name.ts',
  'src/core/doctor/judge-*.ts',
  'src/core/doctor/cap-remedy.ts',
  'src/core/doctor/examine.ts',
  'src/core/doctor/limit-outlooks.ts',
  'src/core/doctor/proc-mount.ts',
  'src/core/limits/resource-limits.ts',
  'src/core/limits/resource-policy.ts',
  'src/core/limits/restart-policy.ts',
  'src/core/limits/raised-limits.ts',
  'src/core/monitor/procfs-text.ts',
  'src/core/monitor/rate-window.ts',
  'src/core/monitor/screen-gap.ts',
  'src/core/monitor/usage-screen.ts',
  'src/core/monitor/tree-counter.ts',
  'src/core/monitor/usage-meter.ts',
  'src/core/monitor/usage-history.ts',
  'src/core/terminal/scroll-region.ts',
  'src/core/terminal/terminal-environment.ts',
  'src/core/record/event-*.ts',
  'src/core/record/json-shape.ts',
  'src/core/record/recordable.ts',
  'src/core/record/record-thinner.ts',
  'src/core/attempt-limits.ts',
  'src/core/terminal/key-reader.ts',
  'src/core/watch/screen-state.ts',
  'src/core/process/run-state.ts',
  'src/core/process/restart-circuit-breaker.ts',
];

const IMPURE_GLOBALS = [
  'process',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'console',
  'fetch',
];

export default tseslint.config(
  {ignores: ['dist/', 'dist.*/', 'node_modules/', 'coverage/', 'test/fixtures/']},
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      // A new variant of a union must be handled wherever the union is: no default may hide it.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        {allowDefaultCaseForExhaustiveSwitch: false, requireDefaultForNonUnion: true},
      ],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '^_'}],
      // noPropertyAccessFromIndexSignature asks for the brackets that this rule would forbid.
      '@typescript-eslint/dot-notation': ['error', {allowIndexSignaturePropertyAccess: true}],
      'max-lines': ['error', {max: 300, skipBlankLines: true, skipComments: true}],
      'max-lines-per-function': ['error', {max: 50, skipBlankLines: true, skipComments: true}],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {object: 'Math', property: 'random', message: 'It is the same in every run: randomFraction().'},
      ],
    },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-globals': ['error', ...IMPURE_GLOBALS],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'This file is pure: hand the time in.',
        },
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'This file is pure: hand the time in.',
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {regex: '^(node:(?!util$)|execa|pidusage)', message: 'This file is pure: hand in what it needs.'},
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'vitest.config.ts'],
    rules: {'max-lines-per-function': 'off', 'max-lines': 'off'},
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        URL: 'readonly',
        setInterval: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
);
