/** How a connection ended, as bytes for another thread: errors of the library keep their class, what cannot be cloned becomes text. */
import {deserialize, serialize} from 'node:v8';
import {inspect} from 'node:util';
import type {CloseInfo} from '../connection-types.js';
import * as errors from '../errors.js';

const {TcpError} = errors;

/** Those that may be thrown; a subclass of the user's becomes the class it extends. */
const classes = [
	errors.ClosedError,
	errors.BusyError,
	errors.TimeoutError,
	errors.UnexpectedEndError,
	errors.LimitError,
	errors.ProtocolError,
	errors.ResourceError,
	errors.BrokenError,
] as const;

type Packed =
	| {
			readonly kind: 'tcp';
			readonly index: number;
			readonly message: string;
			readonly own: object;
			readonly cause: Packed;
	  }
	| {readonly kind: 'value'; readonly value: unknown}
	| {readonly kind: 'text'; readonly text: string};

/** Causes of causes beyond this are left out. */
const deepest = 4;

function pack(value: unknown, depth = 0): Packed {
	if (value instanceof TcpError && depth < deepest) {
		const index = Math.max(
			0,
			classes.findIndex(candidate => value instanceof candidate),
		);
		const own = Object.fromEntries(Object.entries(value).filter(([, part]) => isClonable(part)));
		return {kind: 'tcp', index, message: value.message, own, cause: pack(value.cause, depth + 1)};
	}

	return isClonable(value) ? {kind: 'value', value} : {kind: 'text', text: inspect(value)};
}

function isClonable(value: unknown): boolean {
	try {
		serialize(value);
		return true;
	} catch {
		return false;
	}
}

function unpack(packed: Packed): unknown {
	if (packed.kind === 'value') return packed.value;
	if (packed.kind === 'text') return new Error(packed.text);
	const cause = unpack(packed.cause);
	const options = cause === undefined ? undefined : {cause};
	// With the prototype of its class, and what the other one knew: the constructors differ in what they take.
	const error = Reflect.construct(Error, [packed.message, options], classes[packed.index] ?? TcpError) as Error;
	return Object.assign(error, packed.own);
}

export function packCloseInfo({error, ...rest}: CloseInfo): Uint8Array {
	return serialize({rest, error: error === undefined ? undefined : pack(error)});
}

export function unpackCloseInfo(bytes: Uint8Array): CloseInfo {
	const {rest, error} = deserialize(bytes) as {rest: CloseInfo; error?: Packed};
	return error === undefined ? rest : {...rest, error: unpack(error)};
}
