/** What the thread that called `listen` and a worker thread say to each other. Bytes of connections are not among it. */
import type {MessagePort} from 'node:worker_threads';
import type {SocketAddress} from '../connection-types.js';
import type {ServerSettings} from '../normalize-endpoint.js';
import type {DrainResult} from '../server-types.js';
import type {PackedError} from './error-transfer.js';

export type FaceName = 'coroutine' | 'reactor';

/** What a worker thread is to do; its `workerData`. Everything in it can be cloned. */
export interface ThreadPlan {
	readonly face: FaceName;
	readonly module: string;
	readonly index: number;
	readonly count: number;
	readonly data: unknown;
	/** Of the server, in which nothing limits the number of connections: that is looked after for all threads together. */
	readonly settings: ServerSettings;
	readonly address: SocketAddress;
	/** For SharedStats. */
	readonly stats: SharedArrayBuffer;
	readonly port: MessagePort;
}

/** Where native code hands newcomers to. */
export interface Seat {
	readonly loop: number;
	readonly slot: number;
	readonly generation: number;
}

export type FromThread =
	/** The module is there, its threadInit comes next. */
	| {readonly kind: 'loaded'}
	| {readonly kind: 'ready'; readonly seat: Seat}
	| {readonly kind: 'failed'; readonly error: PackedError}
	/** Of a handler, or of accepting. */
	| {readonly kind: 'error'; readonly error: PackedError; readonly what: string}
	| {readonly kind: 'closed'; readonly result: DrainResult};

export interface ToThread {
	readonly kind: 'close';
	/** Ms. */
	readonly timeout: number;
}
