import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {connect, type CoTcpConnection} from 'cotcp';
import {kindNames, type KindName} from '../server-arguments.js';
import {startBasicServer} from '../servers/basic.js';
import {startPoolServer} from '../servers/pool.js';
import {startReactorServer} from '../servers/reactor.js';
import type {SudokuServer, SudokuServerOptions} from '../servers/sudoku-server.js';
import {startThreadsServer} from '../servers/threads.js';
import {Statistics} from '../statistics/statistics.js';

export {kindNames, type KindName};

export const host = '127.0.0.1';
export const serverProgram = fileURLToPath(new URL('../server.ts', import.meta.url));

function linesOf(name: string): string[] {
	return readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8')
		.trimEnd()
		.split('\n');
}

export const grids: readonly string[] = linesOf('sudoku-1000.txt');
export const solutions: readonly string[] = linesOf('sudoku-1000.solutions.txt');

/** A board full of digits in which each stands once in each row, column and box, and where the grid's clues are. */
export function isSolutionOf(board: string | undefined, grid: string): boolean {
	if (board === undefined || !/^[1-9]{81}$/u.test(board)) return false;
	const units = new Set<string>();
	for (let cell = 0; cell < 81; cell++) {
		const digit = board[cell] as string;
		if (grid[cell] !== '0' && grid[cell] !== digit) return false;
		const row = Math.floor(cell / 9);
		const column = cell % 9;
		for (const unit of [`r${row}`, `c${column}`, `b${Math.floor(row / 3)}${Math.floor(column / 3)}`])
			units.add(unit + digit);
	}

	return units.size === 3 * 81;
}

const starts: Readonly<Record<KindName, (options: SudokuServerOptions) => Promise<SudokuServer>>> = {
	basic: startBasicServer,
	reactor: startReactorServer,
	pool: startPoolServer,
	threads: startThreadsServer,
};

export interface TestServer extends AsyncDisposable {
	readonly port: number;
	readonly statistics: Statistics;
}

/** A server in this process. */
export async function startServer(kind: KindName, options: Partial<SudokuServerOptions> = {}): Promise<TestServer> {
	const statistics = new Statistics();
	const server = await starts[kind]({port: 0, host, threads: 2, queue: 16_384, statistics, ...options});
	return {
		port: server.address.port,
		statistics,
		async [Symbol.asyncDispose]() {
			await server.stop();
		},
	};
}

export async function dial(port: number): Promise<CoTcpConnection> {
	return connect({port, host, maxPendingBytes: Infinity});
}

/** Everything up to the clean end. */
export async function receiveAll(connection: CoTcpConnection): Promise<string> {
	return (await connection.readAll({limit: Infinity})).toString('latin1');
}

/** Sends the bytes in pieces while it receives, ends its half, and resolves to all that came. */
export async function exchange(port: number, bytes: string, pieceSize = Infinity): Promise<string> {
	const connection = await dial(port);
	const answers = receiveAll(connection);
	const all = Buffer.from(bytes, 'latin1');
	for (let at = 0; at < all.length; at += pieceSize) await connection.send(all.subarray(at, at + pieceSize));
	await connection.shutdown();
	const text = await answers;
	await connection.close();
	return text;
}

/** What a program writes to stdout, as it comes. */
export class Output {
	text = '';
	readonly #stream: NodeJS.ReadableStream;

	constructor(stream: NodeJS.ReadableStream) {
		this.#stream = stream;
		stream.setEncoding('utf8');
		stream.on('data', (piece: string) => {
			this.text += piece;
		});
	}

	async tells(pattern: RegExp): Promise<RegExpExecArray> {
		for (;;) {
			const found = pattern.exec(this.text);
			if (found !== null) return found;
			await once(this.#stream, 'data');
		}
	}
}

/** Requests, with CRLF. */
export function encodeLines(puzzles: readonly string[], idOf?: (index: number) => string): string {
	return puzzles.map((puzzle, index) => `${idOf === undefined ? '' : `${idOf(index)}:`}${puzzle}\r\n`).join('');
}

/** The answers to them. */
export const solvedLines = encodeLines;

/** A value that comes later, from whoever calls `tell`. */
export function news<T>(): {readonly told: Promise<T>; readonly tell: (value: T) => void} {
	let tell!: (value: T) => void;
	const told = new Promise<T>(resolve => {
		tell = resolve;
	});
	return {told, tell};
}
