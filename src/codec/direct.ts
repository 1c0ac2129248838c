/**
 * What the library's own codecs can do beside what every codec can. Kept outside of the codec, so that a codec that somebody makes out of one of
 * them (by spreading it, say) is a codec of their own.
 */
import type {Buffer} from 'node:buffer';
import type {Inbox} from '../connection/inbox.js';
import type {Codec} from './codec.js';
import {countTaken, inboxOf, type InputBuffer} from './input-buffer.js';

/** How frames go out without a piece of memory of their own in between. */
export interface DirectEncoder<Out> {
	/** Bytes of the frame as it is sent; -1: it has to be encoded. Throws what `encode` throws. Runs no code of the user's. */
	sizeOf(frame: Out): number;
	/** Writes it into `memory`, from `at` on; `size` is what `sizeOf` has just told. */
	write(memory: Buffer, at: number, frame: Out, size: number): void;
}

/** As `decode`, of what has been received itself. Runs no code of the user's, gives neither a promise nor null, and takes nothing if it gives undefined. */
export type DirectDecoder<In> = (inbox: Inbox) => In | undefined;

/** What is known of a codec of the library. */
interface OwnCodec<In, Out> {
	readonly decode: unknown;
	readonly encode: unknown;
	readonly decoder: DirectDecoder<In>;
	readonly encoder: DirectEncoder<Out> | undefined;
}

const ownCodecs = new WeakMap<object, OwnCodec<unknown, never>>();

/** A codec of the library. */
export function ownCodec<In, Out>(
	decoder: DirectDecoder<In>,
	encode: Codec<In, Out>['encode'],
	encoder?: DirectEncoder<Out>,
): Codec<In, Out> {
	const decode = (buffer: InputBuffer): In | undefined => {
		const inbox = inboxOf(buffer);
		const before = inbox.taken;
		const frame = decoder(inbox);
		countTaken(buffer, inbox.taken - before);
		return frame;
	};
	const codec: Codec<In, Out> = {decode, encode};
	ownCodecs.set(codec, {decode, encode, decoder, encoder});
	return codec;
}

/** How its frames are taken directly. */
export function directDecoderOf<In>(codec: Codec<In, never>): DirectDecoder<In> | undefined {
	const own = ownCodecs.get(codec) as OwnCodec<In, never> | undefined;
	return own?.decode === codec.decode ? own.decoder : undefined;
}

/** How its frames go out directly. */
export function directEncoderOf<Out>(codec: Codec<unknown, Out>): DirectEncoder<Out> | undefined {
	const own: OwnCodec<unknown, Out> | undefined = ownCodecs.get(codec);
	return own?.encode === codec.encode ? own.encoder : undefined;
}
