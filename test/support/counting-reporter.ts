import type {SerializedError} from 'vitest';
import type {Reporter, TestCase, TestModule} from 'vitest/node';

/** Ends the output with the reasons of skipped tests, grouped, and one line of counts. */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    // A file that cannot be loaded, an error outside of any test, and no tests at all are failures too.
    const outside = modules.flatMap((module) => module.errors()).length + unhandledErrors.length;
    const otherFailures = modules.length === 0 ? Math.max(outside, 1) : outside;
    const parts = [`${String(count('passed'))} passed`, `${String(count('failed') + otherFailures)} failed`];
    if (skipped.length > 0) parts.push(`${String(skipped.length)} skipped`);
    process.stdout.write(`\n${reasons(skipped)}${parts.join(', ')}\n`);
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return note?.replace(/^skipped: /, '') ?? 'no reason given';
}

function reasons(skipped: readonly TestCase[]): string {
  const groups = new Map<string, number>();
  for (const test of skipped) groups.set(reasonOf(test), (groups.get(reasonOf(test)) ?? 0) + 1);
  return [...groups].map(([reason, tests]) => `skipped: ${reason} (${String(tests)})\n`).join('');
}
