import chalk from 'chalk';
import {isColourForbidden} from '../no-color.js';
import {PLAIN_PAINT} from '../report/paint.js';
import {watchScreen} from '../report/watch-screen.js';
import {FullScreen} from '../terminal/full-screen.js';
import type {Key} from '../terminal/key-reader.js';
import type {TerminalPort, TerminalSize} from '../terminal/terminal-port.js';
import type {Display, Leaving, Target} from './display.js';
import {FIRST_STATE, pressed, type ScreenState, type Wish} from './screen-state.js';

/** Time goes on, and with it what is shown. */
const TICK_MS = 250;
/** Whoever was not stopped by SIGTSTP within this time will not be: nobody is there to continue it. */
const NOT_STOPPED_MS = 300;

/** A target on the whole screen of a terminal, with keys. */
export class ScreenDisplay implements Display {
  readonly #target: Target;
  readonly #unicode: boolean;
  readonly #terminal: TerminalPort;
  readonly #screen: FullScreen;
  #state: ScreenState = FIRST_STATE;
  #leave: (how: Leaving) => void = () => undefined;
  #ticking: NodeJS.Timeout | undefined;
  #suspended = false;
  #notStopped: NodeJS.Timeout | undefined;

  constructor(target: Target, terminal: TerminalPort, unicode: boolean) {
    this.#target = target;
    this.#unicode = unicode;
    this.#terminal = terminal;
    this.#screen = new FullScreen({
      terminal,
      draw: (size) => this.#draw(size),
      onKey: (key) => {
        this.#pressed(key);
      },
    });
  }

  open(leave: (how: Leaving) => void): void {
    this.#leave = leave;
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#resume);
    this.#screen.enter();
    this.#ticking = setInterval(() => {
      this.#screen.refresh();
    }, TICK_MS);
  }

  refresh(): void {
    this.#screen.refresh();
  }

  tell(): void {
    this.#screen.refresh();
  }

  restore(): void {
    this.#screen.restore();
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    clearTimeout(this.#notStopped);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.#resume);
    await this.#screen.close();
  }

  #draw(size: TerminalSize): readonly string[] {
    const picture = this.#target.picture();
    if (picture === undefined) return [];
    const {sort, scroll, asking, message} = this.#state;
    const bottom = asking ? `stop ${this.#target.title}? (y/n)` : message;
    return watchScreen(picture.view, {
      size,
      elapsedMs: picture.elapsedMs,
      fate: picture.fate,
      style: {paint: isColourForbidden(process.env) ? PLAIN_PAINT : chalk, unicode: this.#unicode},
      sort,
      scroll,
      ...(bottom === undefined ? {} : {bottom}),
    });
  }

  #pressed(key: Key): void {
    const {state, wish} = pressed(this.#state, key, {
      page: Math.max(1, Math.floor(this.#terminal.size().rows / 2)),
      processes: this.#target.picture()?.view.tree?.members.length ?? 0,
    });
    this.#state = state;
    if (wish === undefined) this.#screen.refreshNow();
    else this.#grant(wish);
  }

  #grant(wish: Wish): void {
    switch (wish) {
      case 'quit':
        this.#leave({kind: 'quit'});
        return;
      case 'interrupt':
        this.#leave({kind: 'signal', signal: 'SIGINT'});
        return;
      case 'quit-signal':
        this.#leave({kind: 'signal', signal: 'SIGQUIT'});
        return;
      case 'suspend':
        this.#suspend();
        return;
      case 'stop':
        this.#state = {...this.#state, message: this.#target.stop()};
        this.#screen.refreshNow();
        return;
      case 'redraw':
        this.#screen.redraw();
        return;
    }
  }

  /** As a terminal does it in line mode: the whole job stops, and the shell has its screen back. */
  readonly #suspend = (): void => {
    if (this.#suspended) return;
    this.#suspended = true;
    this.#screen.restore();
    process.off('SIGTSTP', this.#suspend);
    process.kill(0, 'SIGTSTP');
    this.#notStopped = setTimeout(this.#resume, NOT_STOPPED_MS);
  };

  readonly #resume = (): void => {
    clearTimeout(this.#notStopped);
    if (this.#suspended) process.on('SIGTSTP', this.#suspend);
    this.#suspended = false;
    this.#screen.enter();
  };
}
