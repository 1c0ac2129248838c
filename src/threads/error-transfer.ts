/** Errors on their way from a thread to the one that called `listen`: structured clones would lose their classes and codes. */
import {inspect} from 'node:util';
import * as errors from '../errors.js';

/** What structured cloning takes. */
export type PackedError =
	| {readonly isError: false; readonly value: unknown}
	| {
			readonly isError: true;
			readonly name: string;
			readonly message: string;
			readonly stack: string | undefined;
			readonly properties: ReadonlyArray<readonly [name: string, value: unknown]>;
			readonly cause: PackedError | undefined;
			readonly errors: readonly PackedError[] | undefined;
	  };

/** A chain of causes may be a circle. */
const mostCauses = 8;
const apart = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/** Classes that an error is told by, apart from Error itself. */
const prototypes = new Map<string, object>(
	[
		...[TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError],
		...Object.values(errors),
	].map(kind => [kind.name, kind.prototype as object]),
);

/** Never throws, whatever it is given: what cannot be looked at becomes a text that says so. */
export function packError(thrown: unknown): PackedError {
	try {
		return pack(thrown, 0);
	} catch {
		return {isError: false, value: `a value of type ${typeof thrown} that cannot be handed over`};
	}
}

function pack(thrown: unknown, depth: number): PackedError {
	if (!(thrown instanceof Error)) return {isError: false, value: clonable(thrown)};
	const {name, message, stack, cause} = thrown;
	const list = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : undefined;
	const isDeep = depth >= mostCauses;
	return {
		isError: true,
		name: prototypes.has(thrown.constructor.name) ? thrown.constructor.name : name,
		message,
		stack: typeof stack === 'string' ? stack : undefined,
		properties: Object.getOwnPropertyNames(thrown)
			.filter(property => !apart.has(property))
			.map(property => [property, clonable((thrown as unknown as Record<string, unknown>)[property])] as const),
		cause: cause === undefined || isDeep ? undefined : pack(cause, depth + 1),
		errors: isDeep ? [] : list?.map(error => pack(error, depth + 1)),
	};
}

export function unpackError(packed: PackedError): unknown {
	if (!packed.isError) return packed.value;
	const {name, message, stack, properties, cause, errors: list} = packed;
	const error = new Error(message, cause === undefined ? undefined : {cause: unpackError(cause)});
	const prototype = prototypes.get(name);
	if (prototype !== undefined) Object.setPrototypeOf(error, prototype);
	for (const [property, value] of properties) define(error, property, value, true);
	if (list !== undefined) define(error, 'errors', list.map(unpackError), false);
	if (error.name !== name) define(error, 'name', name, false);
	define(error, 'stack', stack, false);
	return error;
}

function define(error: Error, property: string, value: unknown, enumerable: boolean): void {
	Object.defineProperty(error, property, {value, enumerable, writable: true, configurable: true});
}

function clonable(value: unknown): unknown {
	try {
		return structuredClone(value);
	} catch {
		return inspect(value, {depth: 0, customInspect: false});
	}
}
