/** What turns messages into bytes and back. */
import type {Bytes} from '../connection-types.js';
import type {InputBuffer} from './input-buffer.js';

/**
 * How messages become bytes and back. Those of this entry keep no state: one object may serve any number of connections. One with state of its own: make a new
 * object per connection.
 *
 * @example
 * ```ts
 * const bytePairs: Codec<number, number> = {
 * 	decode: buffer => (buffer.readableBytes < 2 ? undefined : buffer.readUInt16BE()),
 * 	encode: frame => Uint8Array.of(frame >> 8, frame),
 * };
 * ```
 */
export interface Codec<In, Out = In> {
	/**
	 * One frame, taken out of `buffer`; undefined = not yet enough (then nothing may be taken out). Called again until undefined. Throwing ends the
	 * connection with RST, and the codec is not called again. A promise holds back the frames after it.
	 */
	decode(buffer: InputBuffer): In | undefined | Promise<In>;
	/** Throws, or rejects, before anything is sent. */
	encode(frame: Out): Bytes | readonly Bytes[] | Promise<Bytes | readonly Bytes[]>;
}
