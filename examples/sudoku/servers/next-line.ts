import {LimitError, UnexpectedEndError, type CoTcpConnection} from 'cotcp';
import {decode, endOfLine, maxLineLength, tooLong} from '../protocol.js';

/** The next line, without its CRLF; null: there is none to come, as the client has ended its half or the server stops. */
export async function nextLine(connection: CoTcpConnection): Promise<string | typeof tooLong | null> {
	const {draining} = connection;
	try {
		const line = await connection.readUntil(endOfLine, {limit: maxLineLength, signal: draining});
		return line === null ? null : decode(line, line.length - endOfLine.length);
	} catch (error) {
		if (error instanceof LimitError) return tooLong;
		// Half a line before the end is no request.
		if (error instanceof UnexpectedEndError || (draining.aborted && error === draining.reason)) return null;
		throw error;
	}
}
