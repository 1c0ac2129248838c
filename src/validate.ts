/** Checks of arguments: each returns the value in its final form, or throws a TypeError or RangeError that names option and value. */
import {inspect, types} from 'node:util';
import type {Bytes} from './connection-types.js';

/** Characters of the offending value that a message shows. */
const maxShownCharacters = 80;

/** Largest number of bytes, items or the like that an option can name. */
export const maxInteger = Number.MAX_SAFE_INTEGER;

/** An options object, each of whose properties may turn out to be anything. */
export type Unchecked<Options> = {readonly [Name in keyof Options]?: unknown};

/** The error for a value of the wrong kind: a wrong type, a word outside a list, a missing or contradicting option. */
export function invalidArgType(name: string, expected: string, actual: unknown): TypeError {
	const error = new TypeError(`The value of "${name}" must be ${expected}. Received ${show(actual)}`);
	return Object.assign(error, {code: 'ERR_INVALID_ARG_TYPE'});
}

/** The error for a value of the right type outside its range. */
export function outOfRange(name: string, expected: string, actual: unknown): RangeError {
	const error = new RangeError(
		`The value of "${name}" is out of range. It must be ${expected}. Received ${show(actual)}`,
	);
	return Object.assign(error, {code: 'ERR_OUT_OF_RANGE'});
}

/** The value in at most 80 characters on one line, without running code of its own that could get in the way. */
function show(value: unknown): string {
	let text: string;
	try {
		// depth -1: an object is shown by its kind alone; showProxy: no trap runs.
		text = inspect(value, {
			depth: -1,
			customInspect: false,
			showProxy: true,
			maxStringLength: maxShownCharacters,
			breakLength: Infinity,
		});
	} catch {
		text = `a value of type ${typeof value} that cannot be shown`; // its getters or traps throw
	}

	text = text.replaceAll(/\s+/gu, ' ');
	return text.length > maxShownCharacters ? `${text.slice(0, maxShownCharacters)}...` : text;
}

/** An integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max: number = maxInteger): number {
	const expected = `an integer from ${min} to ${max}`;
	if (typeof value !== 'number') throw invalidArgType(name, expected, value);
	if (!Number.isInteger(value) || value < min || value > max) throw outOfRange(name, expected, value);
	return value + 0; // -0 becomes 0
}

/** An integer from `min`, or Infinity for "no limit". */
export function checkLimit(name: string, value: unknown, min: number): number {
	const expected = `an integer from ${min}, or Infinity`;
	if (typeof value !== 'number') throw invalidArgType(name, expected, value);
	if (value !== Infinity && (!Number.isSafeInteger(value) || value < min)) throw outOfRange(name, expected, value);
	return value + 0;
}

/** A time in milliseconds, fractions allowed, or Infinity for "none". */
export function checkMilliseconds(name: string, value: unknown, {zero}: {readonly zero: boolean}): number {
	const expected = zero ? 'a number of milliseconds, 0 or more' : 'a number of milliseconds above 0';
	if (typeof value !== 'number') throw invalidArgType(name, expected, value);
	if (!(zero ? value >= 0 : value > 0)) throw outOfRange(name, expected, value); // NaN fails both
	return value + 0;
}

/** A boolean. */
export function checkBoolean(name: string, value: unknown): boolean {
	if (typeof value !== 'boolean') throw invalidArgType(name, 'a boolean', value);
	return value;
}

/** A string; with `noNul`, one without a NUL character, at which C would cut it off. */
export function checkString(name: string, value: unknown, {noNul = false}: {readonly noNul?: boolean} = {}): string {
	if (typeof value !== 'string') throw invalidArgType(name, 'a string', value);
	if (noNul && value.includes('\0')) throw invalidArgType(name, 'a string without NUL characters', value);
	return value;
}

/** One of a list of words. */
export function checkWord<Word extends string>(name: string, value: unknown, words: readonly Word[]): Word {
	const word = words.find(candidate => candidate === value);
	if (word === undefined)
		throw invalidArgType(name, `one of ${words.map(candidate => `'${candidate}'`).join(', ')}`, value);
	return word;
}

/** A function. The caller says of which type; nothing can check that. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- see above
export function checkFunction<Type>(name: string, value: unknown): Type {
	if (typeof value !== 'function') throw invalidArgType(name, 'a function', value);
	return value as Type;
}

/** An AbortSignal, or an object that does what one does (those of other realms and of polyfills are no instances of ours). */
export function checkSignal(name: string, value: unknown): AbortSignal {
	if (!isSignal(value)) throw invalidArgType(name, 'an AbortSignal', value);
	return value;
}

function isSignal(value: unknown): value is AbortSignal {
	if (typeof value !== 'object' || value === null) return false;
	try {
		// The getter of the real class throws for Object.create(AbortSignal.prototype).
		const {aborted, addEventListener, removeEventListener} = value as Unchecked<AbortSignal>;
		return (
			typeof aborted === 'boolean' &&
			typeof addEventListener === 'function' &&
			typeof removeEventListener === 'function'
		);
	} catch {
		return false;
	}
}

/**
 * A Uint8Array (a Buffer is one), of any kind of memory. Detached and shrunk ones are empty.
 * Looks at the brand, not at the prototype: a Proxy, or an object that only inherits from it, has no memory.
 */
export function checkView(name: string, value: unknown): Uint8Array {
	if (!types.isUint8Array(value)) throw invalidArgType(name, 'a Uint8Array', value);
	return value;
}

/** A string, or a Uint8Array as of {@link checkView}. */
export function checkBytes(name: string, value: unknown): Bytes {
	if (typeof value !== 'string' && !types.isUint8Array(value))
		throw invalidArgType(name, 'a string or a Uint8Array', value);
	return value;
}

/** Bytes as of {@link checkBytes}, or an array of them, of which it returns a copy: what is checked is what is sent. */
export function checkMessage(name: string, value: unknown): Bytes | Bytes[] {
	if (typeof value === 'string' || types.isUint8Array(value)) return value;
	if (!Array.isArray(value)) throw invalidArgType(name, 'a string, a Uint8Array or an array of them', value);
	const parts = [...(value as Bytes[])];
	// The name is made only where it is needed.
	for (const [index, part] of parts.entries())
		if (typeof part !== 'string' && !types.isUint8Array(part)) checkBytes(`${name}[${index}]`, part);
	return parts;
}

/** undefined, or an object to read options from. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- empty only as long as Options is unknown
export function checkOptionsObject<Options>(name: string, value: Options | undefined): Unchecked<Options> | undefined {
	const given: unknown = value; // callers are not always TypeScript
	if (given === undefined) return undefined;
	if (typeof given !== 'object' || given === null || Array.isArray(given))
		throw invalidArgType(name, 'an object', given);
	return given;
}

/** The value, checked, or the default if it is undefined: an option that is undefined counts as absent. */
export function optional<Value, Default>(
	value: unknown,
	check: (value: unknown) => Value,
	fallback: Default,
): Value | Default {
	return value === undefined ? fallback : check(value);
}

const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** What every typed array says of itself, whatever a subclass or an own property says. */
function typedArrayGetter<Name extends 'buffer' | 'byteOffset' | 'byteLength'>(name: Name): () => Uint8Array[Name] {
	return (Object.getOwnPropertyDescriptor(typedArrayPrototype, name) as {get: () => Uint8Array[Name]}).get;
}

const bufferGetter = typedArrayGetter('buffer');
const byteOffsetGetter = typedArrayGetter('byteOffset');
const byteLengthGetter = typedArrayGetter('byteLength');

/** The number of bytes there really are: a subclass may say anything in a getter of its own. */
export function byteLengthOf(view: Uint8Array): number {
	return Reflect.apply(byteLengthGetter, view, []);
}

/** A view of the same memory that is a Uint8Array and nothing more: without own properties and without a subclass's methods. */
export function plainView(view: Uint8Array): Uint8Array {
	const length = byteLengthOf(view);
	// No view can be made of detached memory, nor of what lies behind the end of shrunk memory.
	return length === 0
		? new Uint8Array(0)
		: new Uint8Array(Reflect.apply(bufferGetter, view, []), Reflect.apply(byteOffsetGetter, view, []), length);
}
