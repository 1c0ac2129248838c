/** The public face for messages on a connection: checks arguments, then leaves the work to the reading and the writing half. */
import type {CoTcpConnection} from '../co-tcp-connection.js';
import type {OperationOptions} from '../connection-types.js';
import {settle} from '../connection/call.js';
import type {Lifetime} from '../connection/lifetime.js';
import {normalizeOperation} from '../normalize.js';
import {checkFrames, checkCodec} from './check.js';
import type {Codec} from './codec.js';
import {FrameIterator} from './frame-iterator.js';
import {FrameReader} from './frame-reader.js';
import {FrameSender} from './frame-sender.js';

/** Makes one; only the library can. @throws TypeError */
export let createFramed: <In, Out>(
	connection: CoTcpConnection,
	lifetime: Lifetime,
	codec: Codec<In, Out>,
) => FramedConnection<In, Out>;

/**
 * A face for messages on a connection, made by `connection.framed(codec)`. One reader at a time, plain reads of the connection included, which may be
 * mixed in between frames; sends take their turn with those of the connection. Abort and timeout are as on the connection: a cancelled
 * read loses neither a byte nor a frame.
 *
 * @example
 * ```ts
 * const framed = connection.framed(lines());
 * for await (const line of framed) await framed.send(line.toUpperCase());
 * ```
 */
export class FramedConnection<In, Out = In> implements AsyncIterable<In> {
	/** The connection itself. */
	readonly connection: CoTcpConnection;
	readonly #reader: FrameReader<In>;
	readonly #sender: FrameSender<Out>;

	private constructor(connection: CoTcpConnection, lifetime: Lifetime, codec: Codec<In, Out>) {
		this.connection = connection;
		this.#reader = new FrameReader(lifetime.reads, lifetime, codec);
		this.#sender = new FrameSender(lifetime.writes, lifetime.link, codec);
	}

	static {
		createFramed = (connection, lifetime, codec) =>
			new FramedConnection(connection, lifetime, checkCodec('codec', codec));
	}

	/**
	 * The next frame, as soon as it is complete; null at a clean end, for ever after.
	 *
	 * A frame that the codec refuses ends the connection with RST: a ProtocolError or LimitError it threw gets the peer's address and is the reason
	 * `protocol`; anything else it threw is a mistake of the codec and is the reason `error`. Either rejects the read, and no codec decodes on this connection any more.
	 *
	 * @throws UnexpectedEndError for the end inside a frame, whose bytes stay; ProtocolError, LimitError, or what else the codec threw; TimeoutError
	 * after `timeout`, or with `limitName` after the connection's `frameTimeout`; ClosedError, BrokenError, BusyError, the signal's reason
	 */
	read(options?: OperationOptions): Promise<In | null> {
		if (options === undefined) return this.#reader.read();
		return settle(() => this.#reader.readWithin(normalizeOperation(options)));
	}

	/**
	 * One frame, in turn with what else is sent on the connection. The codec encodes it within this call; if it gives a promise, the turn is kept until then.
	 * Resolves, and is cancelled, as `send` of the connection.
	 *
	 * @throws what the codec threw, before anything is sent; TypeError if it gave no bytes; else as `send` of the connection
	 */
	send(frame: Out, options?: OperationOptions): Promise<void> {
		try {
			return this.#sender.send(frame, options);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** All frames in one message, which is one write; none of them if the codec refuses one. No frames: resolves at once. @throws as `send` */
	sendAll(frames: readonly Out[], options?: OperationOptions): Promise<void> {
		return settle(() => this.#sender.sendAll(checkFrames('frames', frames), normalizeOperation(options)));
	}

	/** `read()` until null. Rejects if the connection breaks. `break` does not close. */
	[Symbol.asyncIterator](): AsyncIterableIterator<In> {
		return new FrameIterator(this.#reader);
	}
}
