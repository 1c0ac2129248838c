import {sudokuScenarios, type SudokuScenario} from './sudoku-scenarios.js';
import {threadScenarios, type AcceptScenario, type LoopsScenario} from './thread-scenarios.js';

/** What cotcp has to reach. Ratios are paired per repetition, then the median counts. */
export interface EchoLimits {
	/** Server CPU per message to that of the bare C loop. */
	readonly maxCpuToBare?: number;
	/** The same for the reactor face. */
	readonly maxReactorCpuToBare?: number;
	/** Messages per second to those of node:net with callbacks. */
	readonly minThroughputToNode?: number;
}

interface Traffic {
	readonly name: string;
	readonly title: string;
	readonly connections: number;
	/** Bytes of one message. */
	readonly size: number;
}

/** Closed loop: `depth` messages in flight on every connection. */
export interface EchoScenario extends Traffic {
	readonly kind: 'echo';
	readonly depth: number;
	/** Each message in a write of its own; otherwise those that may go together do, as from a client that pipelines. */
	readonly separateWrites?: boolean;
	/** A message is a frame, a length of four bytes and a body, that the server takes apart and answers by one of the same body. */
	readonly framed?: boolean;
	readonly limits: EchoLimits;
}

/** All connections send one message at once; all answers are awaited; again. */
export interface BurstScenario extends Traffic {
	readonly kind: 'burst';
	/** CPU time that the handler burns per message. */
	readonly burnMs: number;
	readonly limits: {
		/** Mean latency to that of node:net with callbacks. */
		readonly maxLatencyToNode: number;
	};
}

/** Memory of connections that have echoed once and then say nothing. */
export interface IdleScenario {
	readonly kind: 'idle';
	readonly name: string;
	readonly title: string;
	/** Open before memory is looked at for the first time: by then the server's pools have their size. */
	readonly baseConnections: number;
	readonly addedConnections: number;
	readonly limits: {
		/** RSS per added connection. */
		readonly maxBytesPerConnection: number;
	};
}

/** One client after the other receives a file that is in the page cache. It has servers of its own. */
export interface FileScenario {
	readonly kind: 'file';
	readonly name: string;
	readonly title: string;
	/** Size of the file. */
	readonly bytes: number;
	readonly limits: {
		/** Server CPU per byte of `sendFile` to that of chunks of 64 KiB. */
		readonly maxSendFileToChunks: number;
	};
}

/** Timers that are armed and cancelled before their time. */
export interface TimersScenario {
	readonly kind: 'timers';
	readonly name: string;
	readonly title: string;
	readonly timers: number;
	readonly limits: {
		/** CPU to that of setTimeout and clearTimeout. */
		readonly maxCpuToNode: number;
	};
}

/** Hostile peers come while healthy ones, which send frames in a closed loop, are served. It has servers of its own. */
export interface HostileScenario extends Traffic {
	readonly kind: 'hostile';
	/** In flight on each healthy connection. */
	readonly depth: number;
	/** Hostile ones: for `stallTimeout` they read nothing of what they are sent, for `frameTimeout` they send half a frame. */
	readonly peers: number;
	readonly limit: 'stallTimeout' | 'frameTimeout';
	/** That the server is given. */
	readonly timeoutMs: number;
	readonly limits: {
		/** Healthy messages per second while the hostile peers are there, to those before. */
		readonly minThroughputToBefore?: number;
		readonly maxP99ToBefore?: number;
		/** Beyond the timeout, until the last hostile peer is reset. */
		readonly maxLateMs: number;
		/** RSS afterwards, more than before. */
		readonly maxGrownBytes: number;
	};
}

/** What servers of all kinds are put to. */
export type ServerScenario = EchoScenario | BurstScenario | IdleScenario;
export type Scenario =
	ServerScenario | FileScenario | TimersScenario | HostileScenario | SudokuScenario | AcceptScenario | LoopsScenario;

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const smallMessage = 64;
const frameHeader = 4;
const frameBody = 100;
const healthy = {connections: 50, size: frameHeader + frameBody, timeoutMs: 5000};
// The documented fineness of `stallTimeout`.
const stallLookMs = 3000;
const small: EchoLimits = {maxCpuToBare: 1.15, minThroughputToNode: 1.4};

export const scenarios: readonly Scenario[] = [
	{
		kind: 'echo',
		name: 'small-50',
		title: '64 B, 50 connections',
		connections: 50,
		size: smallMessage,
		depth: 1,
		limits: {...small, maxReactorCpuToBare: 1.1},
	},
	{
		kind: 'echo',
		name: 'small-1000',
		title: '64 B, 1,000 connections',
		connections: 1000,
		size: smallMessage,
		depth: 1,
		limits: small,
	},
	{
		kind: 'echo',
		name: 'pipelined',
		title: '64 B, 50 connections, 16 in flight, pipelined writes',
		connections: 50,
		size: smallMessage,
		depth: 16,
		limits: small,
	},
	{
		kind: 'echo',
		name: 'in-flight',
		title: '64 B, 50 connections, 16 in flight, one write per message',
		connections: 50,
		size: smallMessage,
		depth: 16,
		separateWrites: true,
		// Here the load does more than any server, so that throughput compares nothing.
		limits: {maxCpuToBare: 1.15},
	},
	{
		kind: 'echo',
		name: 'medium',
		title: '16 KiB, 50 connections',
		connections: 50,
		size: 16 * kibibyte,
		depth: 1,
		limits: {maxCpuToBare: 1.3, minThroughputToNode: 1.5},
	},
	{kind: 'echo', name: 'large', title: '1 MiB, 4 connections', connections: 4, size: mebibyte, depth: 1, limits: {}},
	{
		kind: 'echo',
		name: 'framed',
		title: 'Length-prefixed frames of 100 B, 50 connections, 16 in flight, pipelined writes',
		connections: 50,
		size: frameHeader + frameBody,
		depth: 16,
		framed: true,
		limits: {maxCpuToBare: 1.5, minThroughputToNode: 1.5},
	},
	{
		kind: 'burst',
		name: 'burst',
		title: '50 peers at once, handler burns 1 ms of CPU',
		connections: 50,
		size: smallMessage,
		burnMs: 1,
		limits: {maxLatencyToNode: 1.15},
	},
	{
		kind: 'idle',
		name: 'idle',
		title: 'Idle connections, from the 5,000th to the 10,000th',
		baseConnections: 5000,
		addedConnections: 5000,
		limits: {maxBytesPerConnection: 3 * kibibyte},
	},
	{
		kind: 'hostile',
		name: 'hostile-readers',
		title: '1,000 peers that never read what they are sent, beside 50 healthy ones',
		...healthy,
		depth: 16,
		peers: 1000,
		limit: 'stallTimeout',
		// V8 may keep its young generation or give it back, 32 MiB.
		limits: {minThroughputToBefore: 0.95, maxLateMs: stallLookMs, maxGrownBytes: 32 * mebibyte},
	},
	{
		kind: 'hostile',
		name: 'hostile-frames',
		title: '10,000 peers that hold half a frame, beside 50 healthy ones',
		...healthy,
		depth: 1,
		peers: 10_000,
		limit: 'frameTimeout',
		limits: {maxP99ToBefore: 2, maxLateMs: stallLookMs, maxGrownBytes: 32 * mebibyte},
	},
	{
		kind: 'file',
		name: 'file',
		title: 'A file of 256 MiB',
		bytes: 256 * mebibyte,
		limits: {maxSendFileToChunks: 0.5},
	},
	{
		kind: 'timers',
		name: 'timers',
		title: 'A million timers, armed and cancelled',
		timers: 1_000_000,
		limits: {maxCpuToNode: 1},
	},
	...sudokuScenarios,
	...threadScenarios,
];
