/** The block of memory that native code and JavaScript both see: the mirror of native/core/tcp/layout.h, compared at start. */

const controlWords = 64;
export const control = {
	/** Completions of the batch under way; 0 = not in a batch. */
	batch: 0,
	/** Entries in the submission ring. */
	submitted: 1,
	/** Bytes used of the out-slab. */
	outUsed: 2,
	/** Receive area of the last direct receive, and the offset in it. */
	receivedArea: 3,
	receivedAt: 4,
	/** Bit per receive area that is used up. */
	areasWanted: 5,
	/** Bytes that the turn may still move. */
	creditBytes: 6,
	/** Number of the turn. */
	turn: 7,
	/** Two words: a double, ms of CLOCK_MONOTONIC at which the poller returned. */
	turnStart: 8,
	/** Ms after which native code tells that a connection has been blocked; 0 = never. */
	sweepMs: 10,
	/** 1 = it will, or a sweep is on its way: it need not. */
	sweepArmed: 11,
	/** Who wait for a turn in which they may go on: JavaScript is entered for them. */
	waiters: 12,
} as const;

export const completionWords = 6;
const completions = 8192;
export const completion = {
	accepted: 1,
	acceptTrouble: 2,
	connected: 3,
	connectFailed: 4,
	data: 5,
	readable: 6,
	writable: 7,
	ended: 8,
	timer: 9,
	remoteCall: 10,
	remoteAnswer: 11,
} as const;
/** What native code answers by itself to a call of another thread. */
export const nativeAnswer = {
	/** The thread of the connection has ended. */
	loopGone: 1,
	/** The caller has taken it back in time. */
	withdrawn: 2,
} as const;

export const submissionWords = 4;
export const submissions = 4096;
export const outSlabBytes = 256 * 1024;

export const flagBytes = 4;
export const flag = {
	/** A receive is worth a call. */
	readable: 0,
	wantRead: 1,
	/** Senders wait for `completion.writable`. */
	blocked: 2,
} as const;
export const want = {nothing: 0, data: 1, readiness: 2} as const;

export const poolArea = 2;
export const areaCount = 3;
/** Smaller chunks are copied into the pool, so that they do not pin a slab. */
export const smallChunkBytes = 4096;

const maxSlots = 2 ** 20;
const wordBytes = 4;
export const completionsAt = controlWords * wordBytes;
export const submissionsAt = completionsAt + completions * completionWords * wordBytes;
export const outSlabAt = submissionsAt + submissions * submissionWords * wordBytes;
export const flagsAt = outSlabAt + outSlabBytes;
export const sharedBytes = flagsAt + maxSlots * flagBytes;

/** Fields of the report that describes a connection. */
export const report = {
	bytesReceived: 0,
	bytesWritten: 1,
	outputBytes: 2,
	errno: 3,
	errnoSyscall: 4,
	hasTcpInfo: 5,
	tcpInfoAt: 6,
	fields: 24,
} as const;

/** Slot of the timer completion that tells of blocked connections. */
export const sweepTimerSlot = -1;

/** In the order of the addon's `layout`. */
export const layoutNumbers: readonly number[] = [
	controlWords,
	completionWords,
	completions,
	submissions,
	outSlabBytes,
	flagBytes,
	maxSlots,
	sharedBytes,
	smallChunkBytes,
	report.fields,
];
