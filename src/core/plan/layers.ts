import type {SettingFlag, Settings} from './settings.js';

/** What one source asks for, and how it calls a setting in a message. */
export interface Layer {
  readonly settings: Settings;
  readonly nameOf: (flag: SettingFlag) => string;
}

/** The sources of a plan, the strongest first: flags, environment, file. */
export class Layers {
  constructor(private readonly layers: readonly Layer[]) {}

  /** The value of the strongest source that speaks of the setting. */
  get<F extends SettingFlag>(flag: F): Settings[F] | undefined {
    return this.layerOf(flag)?.settings[flag];
  }

  /** How the strongest source that speaks of the setting calls it: `--policy`, `LIMITRUN_POLICY`, a file's key. */
  nameOf(flag: SettingFlag): string {
    return this.layerOf(flag)?.nameOf(flag) ?? `--${flag}`;
  }

  /** Of several settings the one named by the strongest source; within a source the first in the list. */
  strongest(flags: readonly SettingFlag[]): SettingFlag | undefined {
    for (const layer of this.layers) {
      const found = flags.find((flag) => layer.settings[flag] !== undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The strongest source that speaks of any of the settings. */
  layerWith(flags: readonly SettingFlag[]): Layer | undefined {
    return this.layers.find((layer) => flags.some((flag) => layer.settings[flag] !== undefined));
  }

  private layerOf(flag: SettingFlag): Layer | undefined {
    return this.layerWith([flag]);
  }
}
