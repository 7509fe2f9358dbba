import {defineConfig} from 'vitest/config';
import CountingReporter from './test/support/counting-reporter.js';

export default defineConfig({
  test: {
    // The end-to-end tests measure real processes: more of them at once would only make the machine busy.
    maxWorkers: 3,
    reporters: ['default', new CountingReporter()],
    projects: [
      {
        test: {name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000},
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          setupFiles: ['test/support/each-test.ts'],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          pool: 'forks',
        },
      },
    ],
  },
});
