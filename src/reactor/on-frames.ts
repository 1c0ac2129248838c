/** Frames for the callbacks of the reactor. */
import {checkCodec} from '../codec/check.js';
import type {Codec} from '../codec/codec.js';
import {checkFunction} from '../validate.js';
import type {ConnectionCore} from './connection-core.js';
import {FrameFeed} from './frame-feed.js';
import type {TcpHandlers} from './handlers.js';
import {coreOf, type TcpConnection} from './tcp-connection.js';

/**
 * An `onMessage` that decodes all that is there and calls `onFrame` for each frame, in order; what is not yet a frame stays. A flood of frames takes
 * many turns. After `stopRead` the frames that are there wait for `startRead`; after an end by this side none is told any more.
 *
 * A frame that the codec refuses resets the connection: a ProtocolError or LimitError it threw gets the peer's address and is the reason `protocol`
 * in `onClose`; anything else it threw is a mistake of the codec, goes to `onError` and is the reason `error`. What `onFrame` throws is as if `onMessage` threw it.
 * While a codec's promise is pending, frames and the peer's end wait behind it. Bytes of a frame that the peer's end cuts off stay in the buffer; `onEnd` follows.
 *
 * @param codec its `decode` is all that is used; one that keeps state serves one connection
 * @param onFrame `receiveTime` as of `onMessage`
 * @throws TypeError for what is no codec or no function
 * @example
 * ```ts
 * const handlers: TcpHandlers = {onMessage: onFrames(lines(), (connection, line) => connection.send(`${line}\n`))};
 * ```
 */
export function onFrames<In, Context = unknown>(
	codec: Codec<In, never>,
	onFrame: (connection: TcpConnection<Context>, frame: In, receiveTime: number) => void,
): NonNullable<TcpHandlers<Context>['onMessage']> {
	const decoding = checkCodec('codec', codec, ['decode']);
	const tell = checkFunction<typeof onFrame>('onFrame', onFrame);
	const feeds = new WeakMap<ConnectionCore, FrameFeed<In>>();
	return (connection, _buffer, receiveTime) => {
		const core = coreOf(connection);
		let feed = feeds.get(core);
		if (feed === undefined) {
			feed = new FrameFeed(core, decoding, (frame, time): unknown => tell(connection, frame, time));
			feeds.set(core, feed);
		}

		feed.run(receiveTime);
	};
}
