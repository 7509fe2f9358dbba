import {closeSync, openSync, readlinkSync} from 'node:fs';
import {isatty, WriteStream} from 'node:tty';
import {chalkStderr} from 'chalk';
