import {connect, type CoTcpConnection, type SocketAddress} from 'cotcp';
import {decode, encode} from '../protocol.js';

/** More than the longest answer. */
const answerLimit = 256;
const answerTimeout = 10_000;
/** What a server on all addresses is reached at. */
const loopback: Readonly<Record<string, string>> = {'0.0.0.0': '127.0.0.1', '::': '::1'};

export interface WireAnswer {
	/** `Bad Request!`, `NoSolution`, a board: the line as it came. */
	readonly line: string;
	/** Milliseconds from the request to the answer. */
	readonly duration: number;
}

/** Asks the server through its own port, as any client would. */
export async function askServer(server: SocketAddress, puzzle: string): Promise<WireAnswer> {
	const {address, port} = server;
	const connection: CoTcpConnection = await connect({
		host: loopback[address] ?? address,
		port,
		timeout: answerTimeout,
	});
	try {
		const start = performance.now();
		await connection.send(encode(`${puzzle}\r\n`));
		const line = await connection.readUntil('\r\n', {limit: answerLimit, timeout: answerTimeout});
		if (line === null) throw new Error('The server has ended the connection without an answer');
		return {line: decode(line.subarray(0, -2)), duration: performance.now() - start};
	} finally {
		await connection.close();
	}
}
