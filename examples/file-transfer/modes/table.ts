import {chunked} from './chunked.js';
import type {Mode} from './mode.js';
import {owned} from './owned.js';
import {sendfile} from './sendfile.js';
import {whole} from './whole.js';

export const modes = {whole, chunked, owned, sendfile} as const satisfies Record<string, Mode>;
export type ModeName = keyof typeof modes;
export const modeNames = Object.keys(modes) as ModeName[];
