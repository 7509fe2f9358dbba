import {defineConfig} from 'vitest/config';
import CountingReporter from './test/support/counting-reporter.js';

export default defineConfig({
  test: {
    // The end-to-end tests measure real processes: more of them at once would only make the machine busy.
    maxWorkers: 3,
    reporters: ['default', new CountingReporter()],
    // The timeouts are for what hangs, not for what is slow: a machine may be ten times slower than another.
    projects: [
      {
        test: {name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000},
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          setupFiles: ['test/support/each-test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: 'forks',
        },
      },
    ],
  },
});
