import {Buffer} from 'node:buffer';
import type {Request} from './codec.js';
import {Failure, Status, type Reply} from './reply.js';

/** What is stored. Keys have one character per byte (latin1), so that they may be any bytes. */
export type Store = Map<string, Buffer>;

interface Command {
	/** Arguments, the command's name not counted. */
	readonly min: number;
	readonly max: number;
	run(store: Store, args: readonly Buffer[]): Reply;
}

const keyOf = (bytes: Buffer) => bytes.toString('latin1');
const ok = new Status('OK');
const pong = new Status('PONG');
const notAnInteger = new Failure('ERR value is not an integer or out of range');

function increment(store: Store, key: string): Reply {
	const text = store.get(key)?.toString('latin1') ?? '0';
	if (!/^(?:0|-?[1-9]\d{0,18})$/u.test(text)) return notAnInteger;
	const value = BigInt(text) + 1n;
	if (value !== BigInt.asIntN(64, value)) return new Failure('ERR increment or decrement would overflow');
	store.set(key, Buffer.from(String(value)));
	return value;
}

function count(keys: readonly Buffer[], test: (key: string) => boolean): number {
	return keys.reduce((sum, key) => sum + Number(test(keyOf(key))), 0);
}

/** Without `max`: exactly `min` arguments. */
function command(run: Command['run'], min: number, max = min): Command {
	return {run, min, max};
}

const commands: ReadonlyMap<string, Command> = new Map([
	['ping', command((_, [text]) => text ?? pong, 0, 1)],
	['echo', command((_, [text]) => text ?? null, 1)],
	['get', command((store, [key = Buffer.of()]) => store.get(keyOf(key)) ?? null, 1)],
	[
		'set',
		command((store, [key = Buffer.of(), value = Buffer.of()]) => {
			// A copy: a view would keep all that came with it.
			store.set(keyOf(key), Buffer.from(value));
			return ok;
		}, 2),
	],
	['del', command((store, keys) => count(keys, key => store.delete(key)), 1, Infinity)],
	['exists', command((store, keys) => count(keys, key => store.has(key)), 1, Infinity)],
	['incr', command((store, [key = Buffer.of()]) => increment(store, keyOf(key)), 1)],
	['dbsize', command(store => store.size, 0)],
	// What redis-cli and redis-benchmark ask first: there are no descriptions, and every setting is empty.
	['command', command(() => [], 0, Infinity)],
	['config', command((_, [, ...names]) => names.flatMap(name => [name, '']), 2, Infinity)],
	['quit', command(() => ok, 0)],
]);

/** The answer; undefined for an empty request, which has none. */
export function answer(store: Store, [first, ...args]: Request): Reply | undefined {
	if (first === undefined) return undefined;
	const name = keyOf(first).slice(0, 64);
	const found = commands.get(name.toLowerCase());
	if (found === undefined) return new Failure(`ERR unknown command '${name}'`);
	if (args.length < found.min || args.length > found.max) {
		return new Failure(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
	}

	return found.run(store, args);
}

export function isQuit([first]: Request): boolean {
	return first !== undefined && keyOf(first).toLowerCase() === 'quit';
}
