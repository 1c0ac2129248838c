import {posix} from 'node:path';
import {UnexpectedEndError, type CoTcpConnection} from 'cotcp';
import {
	decodeHeaderStart,
	decodeName,
	encodeRequest,
	FormatError,
	headerLength,
	version,
	type HeaderStart,
} from '../framed/protocol.js';
import type {FileFacts} from '../shared/regular-file.js';

/** The server has answered, and the answer is no. */
export class ReplyError extends Error {
	override readonly name = 'ReplyError';
}

/** Asks for the file from `offset` on. What follows on the connection are its bytes from there and the digest. */
export async function requestFile(connection: CoTcpConnection, offset: number, timeout: number): Promise<FileFacts> {
	await connection.send(encodeRequest(offset), {timeout});
	const start = await readHeaderStart(connection, timeout);
	checkStatus(start, offset);
	const name = decodeName(await connection.readExactly(start.nameLength, {timeout}));
	return {name, size: start.size, mtimeNs: start.mtimeNs};
}

/** The name for a file here that a server has proposed: never a path, and nothing that a terminal would obey. */
export function plainBaseName(proposed: string): string {
	const name = posix.basename(proposed);
	// eslint-disable-next-line no-control-regex -- they are what is refused
	if (name === '' || name === '.' || name === '..' || /[\u0000-\u001F\u007F-\u009F]/.test(name)) {
		throw new ReplyError(
			`the server proposes the name ${JSON.stringify(proposed)}, which is no file name; give one with --output`,
		);
	}

	return name;
}

async function readHeaderStart(connection: CoTcpConnection, timeout: number): Promise<HeaderStart> {
	try {
		return decodeHeaderStart(await connection.readExactly(headerLength, {timeout}));
	} catch (error) {
		if (error instanceof FormatError) {
			throw new ReplyError(`no framed answer (${error.message}); does the server run with --framed?`, {
				cause: error,
			});
		}

		if (error instanceof UnexpectedEndError) {
			throw new ReplyError('the server ended before its header; does it run with --framed?', {cause: error});
		}

		throw error;
	}
}

function checkStatus(start: HeaderStart, offset: number): void {
	if (start.status === 'version' || start.version !== version) {
		throw new ReplyError(
			`the server speaks version ${start.version} of the protocol, this client version ${version}`,
		);
	}

	if (start.status === 'offset') {
		throw new ReplyError(
			`the file on the server is shorter than the ${offset} bytes that are already here; start again without --resume`,
		);
	}

	if (start.offset !== offset) {
		throw new ReplyError(`the server begins at byte ${start.offset}, asked for was ${offset}`);
	}
}
