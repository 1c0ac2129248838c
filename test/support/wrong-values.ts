/** Values that are wrong nearly everywhere, with a name for titles. None of their code may run more than it must, or get out. */
export interface WrongValue {
	readonly name: string;
	readonly value: unknown;
}

class Throws {
	get [Symbol.toPrimitive](): never {
		throw new Error('toPrimitive ran');
	}

	valueOf(): never {
		throw new Error('valueOf ran');
	}

	toString(): never {
		throw new Error('toString ran');
	}

	get [Symbol.toStringTag](): never {
		throw new Error('toStringTag ran');
	}
}

const trap = (): never => {
	throw new Error('a trap ran');
};

const notNumbers: readonly WrongValue[] = [
	{name: "'5'", value: '5'},
	{name: 'an empty string', value: ''},
	{name: 'null', value: null},
	{name: 'true', value: true},
	{name: 'a BigInt', value: 5n},
	{name: 'a Symbol', value: Symbol('five')},
	{name: 'a function', value: () => 5},
	{name: 'an array', value: [5]},
	{name: 'an object', value: {}},
	{name: 'an object whose valueOf throws', value: new Throws()},
	{name: 'a Number object', value: Object(5)},
	{name: 'a Date', value: new Date(5)},
	{name: 'a Proxy', value: new Proxy({}, {get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap})},
];

/** For what must be a number. */
export const noNumbers: readonly WrongValue[] = notNumbers;

/** For what must be an integer, or a time: of the right type and out of every range. */
export const badNumbers: readonly WrongValue[] = [
	{name: 'NaN', value: Number.NaN},
	{name: '-1', value: -1},
	{name: '-Infinity', value: -Infinity},
];

/** Beside those: wrong for what must be an integer. */
export const noIntegers: readonly WrongValue[] = [
	{name: '1.5', value: 1.5},
	{name: '2 ** 53', value: 2 ** 53},
];

/** For what must be a Uint8Array. */
export const noViews: readonly WrongValue[] = [
	{name: 'undefined', value: undefined},
	{name: 'null', value: null},
	{name: 'a number', value: 5},
	{name: 'an object', value: {}},
	{name: 'an object like an array', value: {length: 1, 0: 1, byteLength: 1}},
	{name: 'a function', value: Object},
	{name: 'a Symbol', value: Symbol('s')},
	{name: 'a BigInt', value: 1n},
	{name: 'a Uint8ClampedArray', value: new Uint8ClampedArray(4)},
	{name: 'an Int8Array', value: new Int8Array(4)},
	{name: 'a Uint16Array', value: new Uint16Array(4)},
	{name: 'an Int16Array', value: new Int16Array(4)},
	{name: 'a Uint32Array', value: new Uint32Array(4)},
	{name: 'an Int32Array', value: new Int32Array(4)},
	{name: 'a Float32Array', value: new Float32Array(4)},
	{name: 'a Float64Array', value: new Float64Array(4)},
	{name: 'a BigInt64Array', value: new BigInt64Array(4)},
	{name: 'a BigUint64Array', value: new BigUint64Array(4)},
	{name: 'a DataView', value: new DataView(new ArrayBuffer(4))},
	{name: 'an ArrayBuffer', value: new ArrayBuffer(4)},
	{name: 'a SharedArrayBuffer', value: new SharedArrayBuffer(4)},
	{name: 'an object with the prototype of Uint8Array', value: Object.create(Uint8Array.prototype)},
	{name: 'an object with the prototype of Buffer', value: Object.create(Buffer.prototype as object)},
	{name: 'a Proxy around a Uint8Array', value: new Proxy(new Uint8Array(4), {})},
	{
		name: 'a Proxy whose traps throw',
		value: new Proxy({}, {get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap}),
	},
	{name: 'a String object', value: Object('text')},
	{name: 'a Promise', value: Promise.resolve(new Uint8Array(1))},
];

/** For what must be an options object. */
export const noOptions: readonly WrongValue[] = [
	{name: 'null', value: null},
	{name: 'a number', value: 5},
	{name: 'a string', value: 'text'},
	{name: 'true', value: true},
	{name: 'a function', value: Object},
	{name: 'an array', value: []},
	{name: 'a Symbol', value: Symbol('s')},
	{name: 'a BigInt', value: 1n},
];

/** For what must be an AbortSignal. */
export const noSignals: readonly WrongValue[] = [
	{name: 'null', value: null},
	{name: 'an AbortController', value: new AbortController()},
	{name: 'an object', value: {}},
	{name: 'an object like half of one', value: {aborted: false}},
	{name: 'a string', value: 'abort'},
	{name: 'an object with its prototype', value: Object.create(AbortSignal.prototype)},
	{
		name: 'a Proxy whose traps throw',
		value: new Proxy({}, {get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap}),
	},
];
