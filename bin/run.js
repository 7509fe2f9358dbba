#!/usr/bin/env node
// First of all, before anything else has opened a file: what limitrun was started with.
import '../dist/core/process/own-inheritance.js';
import {main} from '../dist/commands/main.js';

process.exitCode = await main(process.argv.slice(2));
