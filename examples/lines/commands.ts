/** What somebody may type, and what is answered. */

/** What is remembered of one connection. */
export interface Session {
	/** Lines so far, this one included. */
	lines: number;
}

/** Bytes of a line that is carried out; a longer one is explained, as long as the codec takes it. */
export const maxLineBytes = 1000;

interface Command {
	readonly usage: string;
	readonly about: string;
	/** Throws {@link Complaint}. */
	run(rest: string, session: Session): string;
}

/** What the one who typed it can do something about. */
class Complaint extends Error {}

function sum(rest: string): string {
	const words = rest.split(/\s+/u).filter(word => word !== '');
	if (words.length === 0) throw new Complaint('add needs numbers, such as: add 1 2.5');
	const wrong = words.find(word => !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/iu.test(word));
	if (wrong !== undefined) throw new Complaint(`add takes numbers, and '${wrong}' is none`);
	return String(words.reduce((total, word) => total + Number(word), 0));
}

/** For commands that take nothing more. */
function alone(name: string, rest: string, answer: () => string): string {
	if (rest !== '') throw new Complaint(`${name} takes nothing more, so '${rest}' is too much`);
	return answer();
}

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
	['help', {usage: 'help', about: 'this list', run: rest => alone('help', rest, help)}],
	['echo', {usage: 'echo TEXT', about: 'TEXT again', run: rest => rest}],
	[
		'time',
		{usage: 'time', about: 'the time in UTC', run: rest => alone('time', rest, () => new Date().toISOString())},
	],
	['add', {usage: 'add A B ...', about: 'the sum of numbers', run: sum}],
	[
		'count',
		{
			usage: 'count',
			about: 'how many lines you have sent so far',
			run: (rest, {lines}) => alone('count', rest, () => String(lines)),
		},
	],
	['quit', {usage: 'quit', about: 'the end', run: rest => alone('quit', rest, () => 'bye')}],
]);

function help(): string {
	return [...commands.values()].map(({usage, about}) => `${usage.padEnd(12)} ${about}`).join('\n');
}

/** The answer, which may have several lines, and whether it is the last one. undefined: an empty line has none. */
export function obey(line: string, session: Session): {readonly text: string; readonly last: boolean} | undefined {
	session.lines++;
	const bytes = Buffer.byteLength(line);
	if (bytes > maxLineBytes) {
		return {text: `error: a line has at most ${maxLineBytes} bytes, and this one has ${bytes}`, last: false};
	}

	const {name, rest = ''} = /^\s*(?<name>\S+)(?:\s+(?<rest>.*\S))?\s*$/su.exec(line)?.groups ?? {};
	if (name === undefined) return undefined;
	const command = commands.get(name.toLowerCase());
	if (command === undefined) return {text: `error: there is no command '${name}'; type help`, last: false};
	try {
		return {text: command.run(rest, session), last: name.toLowerCase() === 'quit'};
	} catch (error) {
		if (!(error instanceof Complaint)) throw error;
		return {text: `error: ${error.message}`, last: false};
	}
}
