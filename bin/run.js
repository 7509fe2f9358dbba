#!/usr/bin/env node
// First of all, before anything else has opened a file: which descriptors limitrun was started with.
import '../dist/core/process/inherited-descriptors.js';
import {main} from '../dist/commands/main.js';

process.exitCode = await main(process.argv.slice(2));
