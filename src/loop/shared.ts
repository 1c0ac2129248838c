/** The shared block of this thread and its parts. Private: no user code ever sees this memory. */
import {Buffer} from 'node:buffer';
import {native} from '../internal/addon.js';
import * as layout from './layout.js';

const mismatch = layout.layoutNumbers.findIndex((number, index) => number !== native.layout[index]);
if (mismatch !== -1 || native.layout.length !== layout.layoutNumbers.length) {
	throw new Error(
		'cotcp: the native part was built for another version of the library; "npm run build:native" builds it anew',
	);
}

const block = new ArrayBuffer(layout.sharedBytes);
export const sharedBlock: ArrayBuffer = block;
export const controlWords = new Int32Array(block, 0, layout.completionsAt / 4);
export const controlDoubles = new Float64Array(block, 0, layout.completionsAt / 8);
export const completionWords = new Int32Array(
	block,
	layout.completionsAt,
	(layout.submissionsAt - layout.completionsAt) / 4,
);
export const submissionWords = new Int32Array(
	block,
	layout.submissionsAt,
	(layout.outSlabAt - layout.submissionsAt) / 4,
);
export const outSlab = Buffer.from(block, layout.outSlabAt, layout.outSlabBytes);
export const flags = new Uint8Array(block, layout.flagsAt);
