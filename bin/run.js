#!/usr/bin/env node
// Loaded one by one, so that a machine without descriptors to spare gets a line and not a stack trace; and first of all,
// before anything else has opened a file: what limitrun was started with.
try {
  await import('../dist/core/process/own-inheritance.js');
  const {main} = await import('../dist/commands/main.js');
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`limitrun: cannot start: ${error.message.split('\n', 1)[0]}\n`);
  process.exitCode = 125;
}
