/** Options of single calls and of connections: checked, with their defaults filled in. Each property is read once. */
import type {
	CloseOptions,
	LimitedReadOptions,
	OperationOptions,
	ReadOptions,
	SendFileOptions,
} from './connection-types.js';
import type {ConnectionOptions, KeepAliveOptions} from './options.js';
import {Buffer} from 'node:buffer';
import type {FileHandle} from 'node:fs/promises';
import {
	checkBoolean,
	checkBytes,
	checkFunction,
	checkInteger,
	checkLimit,
	checkMilliseconds,
	checkOptionsObject,
	checkSignal,
	invalidArgType,
	optional,
	maxInteger,
	outOfRange,
	plainView,
	type Unchecked,
} from './validate.js';

/** {@link OperationOptions}, checked. */
export interface OperationSettings {
	readonly signal: AbortSignal | undefined;
	/** Ms, Infinity for none. */
	readonly timeout: number;
}

/** {@link ReadOptions}, checked. */
export interface ReadSettings extends OperationSettings {
	/** undefined: what is there. */
	readonly max: number | undefined;
	readonly copy: boolean;
}

/** {@link LimitedReadOptions}, checked. */
export interface LimitedReadSettings extends OperationSettings {
	/** Bytes, Infinity for none. */
	readonly limit: number;
}

/** {@link SendFileOptions}, checked. */
export interface SendFileSettings extends OperationSettings {
	readonly offset: number;
	/** undefined: to the end of the file. */
	readonly length: number | undefined;
	readonly header: Uint8Array;
	readonly trailer: Uint8Array;
	readonly onProgress: ((sent: number, total: number) => void) | undefined;
}

/** {@link KeepAliveOptions}, checked. 0 stands for the kernel's own value. */
export interface KeepAliveSettings {
	readonly enabled: boolean;
	/** Whole seconds. */
	readonly initialDelay: number;
	/** Whole seconds. */
	readonly interval: number;
	readonly count: number;
}

/** {@link ConnectionOptions}, checked. */
export interface ConnectionSettings {
	readonly noDelay: boolean;
	readonly keepAlive: KeepAliveSettings;
	/** Bytes, Infinity for no limit. */
	readonly maxPendingBytes: number;
	/** Ms, Infinity for no limit. */
	readonly stallTimeout: number;
	/** Ms, Infinity for no limit. */
	readonly sendTimeout: number;
	/** Ms, Infinity for no limit. */
	readonly idleTimeout: number;
	/** Ms, Infinity for no limit. */
	readonly frameTimeout: number;
	/** Ms. */
	readonly closeTimeout: number;
	readonly resetUnlessClosed: boolean;
}

const defaultMaxPendingBytes = 2 * 1024 * 1024;
const defaultStallTimeoutMs = 60_000;
const defaultFrameTimeoutMs = 60_000;
const defaultCloseTimeoutMs = 5000;

// The kernel's bounds of TCP_KEEPIDLE, TCP_KEEPINTVL (seconds) and TCP_KEEPCNT, tcp(7) and net/tcp.h.
const minKeepAliveMs = 1000;
const maxKeepAliveMs = 32_767_000;
const maxKeepAliveProbes = 127;
const msPerSecond = 1000;

/** What a call without options gets: no signal, no timeout; one object for all, as most calls have none. */
export const noOperation: OperationSettings = Object.freeze({signal: undefined, timeout: Infinity});
const noRead: ReadSettings = Object.freeze({signal: undefined, timeout: Infinity, max: undefined, copy: false});
const keepAliveOff: KeepAliveSettings = Object.freeze({enabled: false, initialDelay: 0, interval: 0, count: 0});
const keepAliveOn: KeepAliveSettings = Object.freeze({enabled: true, initialDelay: 0, interval: 0, count: 0});

/** `signal` and `timeout` of an options object that has been found to be one. */
export function readOperation(options: Unchecked<OperationOptions>): OperationSettings {
	const {signal, timeout} = options;
	return {
		signal: signal === undefined ? undefined : checkSignal('signal', signal),
		timeout: timeout === undefined ? Infinity : checkMilliseconds('timeout', timeout, {zero: true}),
	};
}

/** Options of a call that waits. */
export function normalizeOperation(options: OperationOptions | undefined): OperationSettings {
	const given = checkOptionsObject('options', options);
	return given === undefined ? noOperation : readOperation(given);
}

/** Options of `read` and `tryRead`. */
export function normalizeRead(options: ReadOptions | undefined): ReadSettings {
	const given = checkOptionsObject('options', options);
	if (given === undefined) return noRead;
	const {max, copy} = given;
	const {signal, timeout} = readOperation(given);
	return {
		signal,
		timeout,
		max: optional(max, value => checkInteger('max', value, 1), undefined),
		copy: optional(copy, value => checkBoolean('copy', value), false),
	};
}

/** Options of `readUntil`, `readLine` and `readAll`, which differ in their default limit (bytes). */
export function normalizeLimitedRead(
	options: LimitedReadOptions | undefined,
	defaultLimit: number,
): LimitedReadSettings {
	const given = checkOptionsObject('options', options);
	if (given === undefined) return {signal: undefined, timeout: Infinity, limit: defaultLimit};
	const {limit} = given;
	// Spelled out: to spread an object costs more than a read.
	const {signal, timeout} = readOperation(given);
	return {signal, timeout, limit: limit === undefined ? defaultLimit : checkLimit('limit', limit, 1)};
}

/** Options of `sendFile`. */
export function normalizeSendFile(options: SendFileOptions | undefined): SendFileSettings {
	const given = checkOptionsObject('options', options) ?? {};
	const {offset, length, header, trailer, onProgress} = given;
	const from = optional(offset, value => checkInteger('offset', value, 0), 0);
	return {
		...readOperation(given),
		offset: from,
		length: optional(length, value => checkInteger('length', value, 0, maxInteger - from), undefined),
		header: toMemory('header', header),
		trailer: toMemory('trailer', trailer),
		onProgress: optional(
			onProgress,
			value => checkFunction<(sent: number, total: number) => void>('onProgress', value),
			undefined,
		),
	};
}

function toMemory(name: string, value: unknown): Uint8Array {
	const bytes = optional(value, given => checkBytes(name, given), '');
	return typeof bytes === 'string' ? Buffer.from(bytes) : plainView(bytes);
}

/** A path, a URL, or what is a FileHandle by its looks: Node does not export the class. */
export function checkFile(name: string, value: unknown): FileHandle | string | URL {
	if (typeof value === 'string' || value instanceof URL || isFileHandle(value)) return value;
	throw invalidArgType(name, 'a FileHandle of node:fs/promises, a path or a URL', value);
}

function isFileHandle(value: unknown): value is FileHandle {
	if (typeof value !== 'object' || value === null) return false;
	try {
		const {fd, stat, close} = value as Unchecked<FileHandle>;
		return Number.isInteger(fd) && typeof stat === 'function' && typeof close === 'function';
	} catch {
		return false;
	}
}

/** The timeout of `close`, ms; `defaultTimeout` where none is given. */
export function normalizeClose(options: CloseOptions | undefined, defaultTimeout: number): number {
	const timeout = checkOptionsObject('options', options)?.timeout;
	return optional(timeout, value => checkMilliseconds('timeout', value, {zero: true}), defaultTimeout);
}

/** The part of the options that is about connections themselves. */
export function normalizeConnection(options: ConnectionOptions | undefined): ConnectionSettings {
	const given = checkOptionsObject('options', options) ?? {};
	const {noDelay, keepAlive, maxPendingBytes, stallTimeout, sendTimeout, idleTimeout, frameTimeout} = given;
	const {closeTimeout, resetUnlessClosed} = given;
	return {
		noDelay: optional(noDelay, value => checkBoolean('noDelay', value), true),
		keepAlive: optional(keepAlive, normalizeKeepAlive, keepAliveOn),
		maxPendingBytes: optional(
			maxPendingBytes,
			value => checkLimit('maxPendingBytes', value, 1),
			defaultMaxPendingBytes,
		),
		stallTimeout: optional(stallTimeout, value => checkTimeLimit('stallTimeout', value), defaultStallTimeoutMs),
		sendTimeout: optional(sendTimeout, value => checkTimeLimit('sendTimeout', value), Infinity),
		idleTimeout: optional(idleTimeout, value => checkTimeLimit('idleTimeout', value), Infinity),
		frameTimeout: optional(frameTimeout, value => checkTimeLimit('frameTimeout', value), defaultFrameTimeoutMs),
		closeTimeout: optional(
			closeTimeout,
			value => checkMilliseconds('closeTimeout', value, {zero: true}),
			defaultCloseTimeoutMs,
		),
		resetUnlessClosed: optional(resetUnlessClosed, value => checkBoolean('resetUnlessClosed', value), false),
	};
}

/** How long something may take: there is no time that means "at once". */
function checkTimeLimit(name: string, value: unknown): number {
	return checkMilliseconds(name, value, {zero: false});
}

function normalizeKeepAlive(keepAlive: unknown): KeepAliveSettings {
	if (typeof keepAlive === 'boolean') return keepAlive ? keepAliveOn : keepAliveOff;
	if (typeof keepAlive !== 'object' || keepAlive === null || Array.isArray(keepAlive)) {
		throw invalidArgType('keepAlive', 'a boolean or an object', keepAlive);
	}

	const {initialDelay, interval, count} = keepAlive as Unchecked<KeepAliveOptions>;
	return {
		enabled: true,
		initialDelay: optional(initialDelay, value => checkKeepAliveTime('keepAlive.initialDelay', value), 0),
		interval: optional(interval, value => checkKeepAliveTime('keepAlive.interval', value), 0),
		count: optional(count, value => checkInteger('keepAlive.count', value, 1, maxKeepAliveProbes), 0),
	};
}

/** A time for the kernel, which counts in whole seconds: never shorter than what was asked for. */
function checkKeepAliveTime(name: string, value: unknown): number {
	const expected = `a number of milliseconds from ${minKeepAliveMs} to ${maxKeepAliveMs}`;
	if (typeof value !== 'number') throw invalidArgType(name, expected, value);
	if (!(value >= minKeepAliveMs && value <= maxKeepAliveMs)) throw outOfRange(name, expected, value);
	return Math.ceil(value / msPerSecond);
}
