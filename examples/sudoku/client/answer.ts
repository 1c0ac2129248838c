/** An answer line, taken apart. */
export interface Answer {
	/** `''`: without one. */
	readonly id: string;
	/** What stands behind the id. */
	readonly body: string;
}

/** Bodies of the protocol that are no board. */
export const noSolution = 'NoSolution';
export const tooBusy = 'ServerTooBusy';

/** After one of these the server ends the connection. */
export const refusals: ReadonlySet<string> = new Set(['Bad Request!', 'Id too long!']);

/** The id is everything before the first colon, as in a request. */
export function parseAnswer(line: string): Answer {
	const colon = line.indexOf(':');
	return colon === -1 ? {id: '', body: line} : {id: line.slice(0, colon), body: line.slice(colon + 1)};
}

/** One request line. `''`: without an id. */
export function formatRequest(id: string, grid: string): string {
	return id === '' ? `${grid}\r\n` : `${id}:${grid}\r\n`;
}
