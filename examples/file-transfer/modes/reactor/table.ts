import {chunked} from './chunked.js';
import type {ReactorMode} from './mode.js';
import {owned} from './owned.js';
import {whole} from './whole.js';

export const reactorModes = {whole, chunked, owned} as const satisfies Record<string, ReactorMode>;
export type ReactorModeName = keyof typeof reactorModes;
