/**
 * What the library's own codecs can do beside what every codec can. Kept outside of the codec, so that a codec that somebody makes out of one of
 * them (by spreading it, say) is a codec of their own.
 */
import type {Buffer} from 'node:buffer';
import type {Codec} from './codec.js';

/** How frames go out without a piece of memory of their own in between. */
export interface DirectEncoder<Out> {
	/** Bytes of the frame as it is sent; -1: it has to be encoded. Throws what `encode` throws. Runs no code of the user's. */
	sizeOf(frame: Out): number;
	/** Writes it into `memory`, from `at` on; `size` is what `sizeOf` has just told. */
	write(memory: Buffer, at: number, frame: Out, size: number): void;
}

/** What is known of a codec of the library. */
export interface OwnCodec<Out> {
	/** `decode` runs no code of the user's, gives no promise and no null, and keeps to what it promises. */
	readonly decode: unknown;
	readonly encode: unknown;
	readonly encoder: DirectEncoder<Out> | undefined;
}

const ownCodecs = new WeakMap<object, OwnCodec<never>>();

/** Declares it one of the library's own, whose `decode` gives frames at once. */
export function ownCodec<In, Out>(codec: Codec<In, Out>, encoder?: DirectEncoder<Out>): Codec<In, Out> {
	ownCodecs.set(codec, {decode: codec.decode, encode: codec.encode, encoder});
	return codec;
}

/** `decode` is the library's own, and gives frames at once. */
export function decodesAtOnce(codec: Codec<unknown, never>): boolean {
	const own = ownCodecs.get(codec);
	return own !== undefined && own.decode === codec.decode;
}

/** How its frames go out directly. */
export function directEncoderOf<Out>(codec: Codec<unknown, Out>): DirectEncoder<Out> | undefined {
	const own: OwnCodec<Out> | undefined = ownCodecs.get(codec);
	return own?.encode === codec.encode ? own.encoder : undefined;
}
