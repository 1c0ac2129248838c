/** The typed mirror of the addon. Every call takes what TypeScript says: the addon checks nothing again. */

/** Minus errno where a call failed; zero and above are its results. */
export type Outcome = number;

/** Where to listen or connect. */
export type NativeAddress = {readonly path: string} | {readonly address: string; readonly port: number};

/** Options of a socket, applied before it is bound or connected. */
export interface NativeSocketSettings {
	readonly noDelay: boolean;
	readonly keepAlive: {
		readonly enabled: boolean;
		readonly initialDelay: number;
		readonly interval: number;
		readonly count: number;
	};
	readonly resetUnlessClosed: boolean;
}

/** Where to listen, and how. */
export interface NativeListenSettings {
	readonly address: NativeAddress;
	readonly backlog: number;
	readonly ipv6Only: boolean;
	readonly reusePort: boolean;
	readonly socket: NativeSocketSettings;
}

/** A slot that has been taken, or the errno and the system call that failed. */
export type SetupOutcome =
	| {readonly slot: number; readonly generation: number; readonly errno?: never}
	| {readonly errno: number; readonly syscall: string};

/** Address, port, family (4, 6, 1 = unix) and path. */
export type NativeEndpoint = readonly [address: string, port: number, family: number, path: string];

/** What build/Release/cotcp.node exports. */
export interface Native {
	/** Numbers that src/loop/layout.ts must agree with. */
	readonly layout: readonly number[];

	/** The number of this loop in the process: that of the thread, unless the thread has the addon twice. */
	bind: (sharedBlock: ArrayBuffer, onBatch: (completions: number) => void, threadNumber: number) => number;
	renewArea: (area: number, memory: ArrayBufferLike) => void;
	hold: (on: boolean) => void;
	wake: () => void;
	/** Ms of CLOCK_MONOTONIC. */
	now: () => number;
	startTimer: (afterMs: number) => number;
	cancelTimer: (id: number) => boolean;

	receive: (slot: number, generation: number) => Outcome;
	receiveInto: (slot: number, generation: number, view: Uint8Array) => Outcome;
	write: (
		slot: number,
		generation: number,
		view: Uint8Array,
		offset: number,
		length: number,
		holdsMore: boolean,
	) => Outcome;
	/** All of it: bytes that are queued then, or minus errno. */
	writeAll: (slot: number, generation: number, view: Uint8Array) => Outcome;
	/** Bytes, 0 = not now, minus errno; below `fileFault` what went wrong with the file. */
	sendFile: (
		slot: number,
		generation: number,
		file: number,
		offset: number,
		length: number,
		holdsMore: boolean,
	) => Outcome;
	/** Bytes of a regular file. */
	fileSize: (file: number) => Outcome;
	drain: () => void;
	holdOutput: (slot: number, generation: number) => void;

	describe: (slot: number, generation: number, report: Float64Array, withTcpInfo: boolean) => boolean;
	/** Changes whenever the peer takes something. */
	bytesTaken: (slot: number, generation: number) => number;
	/** Bytes that have come and are still in the kernel. */
	bytesUnread: (slot: number, generation: number) => number;
	/** From now on `idleTime` tells. */
	timeTransfers: (slot: number, generation: number) => void;
	/** Ms since the last byte came or went. */
	idleTime: (slot: number, generation: number) => number;
	setNoDelay: (slot: number, generation: number, on: boolean) => void;
	shutdown: (slot: number, generation: number) => void;
	close: (slot: number, generation: number) => Outcome;
	release: (slot: number, generation: number, reset: boolean, report: Float64Array) => void;
	endpoint: (slot: number, generation: number, peer: boolean) => NativeEndpoint | null;

	listen: (settings: NativeListenSettings) => SetupOutcome;
	/** Of the same server as the listener that has slot and generation, if there is one: then `limits` are that one's. */
	listenForThreads: (
		settings: NativeListenSettings,
		limits: {readonly connections: number; readonly perAddress: number; readonly resets: boolean},
		slot: number,
		generation: number,
	) => SetupOutcome;
	/** What another thread's listener hands its peers to. */
	openReceiver: (resetUnlessClosed: boolean) => SetupOutcome;
	/** false: that loop has gone. */
	addLane: (slot: number, generation: number, loop: number, itsSlot: number, itsGeneration: number) => boolean;
	removeLane: (slot: number, generation: number, loop: number) => void;
	/** 0 or an errno. */
	lend: (slot: number, generation: number, loop: number, itsSlot: number, itsGeneration: number) => number;
	/** Peers that were reset: above `connections`, above `perAddress`. */
	refusals: (slot: number, generation: number, report: Float64Array) => void;
	connect: (settings: {
		readonly peer: NativeAddress;
		readonly local: NativeAddress | null;
		readonly socket: NativeSocketSettings;
	}) => SetupOutcome;
	setDemand: (slot: number, generation: number, peers: number) => void;
	acceptNow: (slot: number, generation: number) => SetupOutcome;
	addressFamily: (text: string) => 0 | 4 | 6;

	/** Copies `views` and asks the loop of that number: 0, and an answer comes under the ticket; 1 = it has gone; 2 = no memory. */
	callRemote: (
		loop: number,
		slot: number,
		generation: number,
		operation: number,
		ticket: number,
		views: readonly Uint8Array[],
	) => 0 | 1 | 2;
	/** true: nothing will be done, which the answer says as well. false: it has been taken. */
	withdrawCall: (ticket: number) => boolean;
	/** What came with the answer. */
	takeAnswer: (ticket: number) => Buffer;
	/** The bytes of a call that has come; null: it has been withdrawn, and answered. */
	takeCall: (call: number) => Buffer | null;
	answerCall: (call: number, status: number, bytes: Uint8Array | null) => void;
}
