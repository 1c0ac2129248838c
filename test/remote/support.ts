/** What tests of RemoteConnection share. */
const trap = (): never => {
	throw new Error('a trap ran');
};

/** No tokens. */
export const wrongTokens: ReadonlyArray<{readonly name: string; readonly value: unknown}> = [
	{name: 'undefined', value: undefined},
	{name: 'null', value: null},
	{name: 'a string', value: 'cotcp.remote'},
	{name: 'an id', value: 1_048_577n},
	{name: 'an object without an id', value: {kind: 'cotcp.remote'}},
	{name: 'another kind', value: {kind: 'cotcp.timer', id: 1_048_577n}},
	{name: 'an id that is a number', value: {kind: 'cotcp.remote', id: 1_048_577}},
	{name: 'a negative id', value: {kind: 'cotcp.remote', id: -1n}},
	{name: 'an id without a generation', value: {kind: 'cotcp.remote', id: 5n}},
	{name: 'an id with the bit that no id has', value: {kind: 'cotcp.remote', id: (1n << 51n) | (1n << 20n)}},
	{name: 'an id beyond all threads', value: {kind: 'cotcp.remote', id: (1n << 84n) | (1n << 20n)}},
	{name: 'an array', value: ['cotcp.remote', 1_048_577n]},
	{name: 'a proxy whose traps throw', value: new Proxy({}, {get: trap, has: trap, getPrototypeOf: trap})},
];
