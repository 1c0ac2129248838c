/** Checks of what users hand to the framing: codecs and frames. */
import {invalidArgType, type Unchecked} from '../validate.js';
import type {Codec} from './codec.js';

/** An object with both methods, or, where nothing is sent, with `decode`. It is used as it is: it may keep state. */
export function checkCodec<Checked extends Codec<never, never> | Codec<unknown, never>>(
	name: string,
	codec: Checked,
	methods: ReadonlyArray<'decode' | 'encode'> = ['decode', 'encode'],
): Checked {
	const given: unknown = codec;
	if ((typeof given !== 'object' && typeof given !== 'function') || given === null)
		throw invalidArgType(name, 'a codec: an object with decode and encode', given);
	for (const method of methods) {
		const found = (given as Unchecked<Codec<unknown, never>>)[method];
		if (typeof found !== 'function') throw invalidArgType(`${name}.${method}`, 'a function', found);
	}

	return codec;
}

/** An array, of which it returns a copy: what is encoded is what was given. */
export function checkFrames<Out>(name: string, frames: readonly Out[]): Out[] {
	if (!Array.isArray(frames)) throw invalidArgType(name, 'an array of frames', frames);
	return [...(frames as readonly Out[])];
}
