import {Buffer} from 'node:buffer';
import type {Bytes} from 'cotcp';

/** A short answer such as `OK`, without an end of line in it. */
export class Status {
	constructor(readonly text: string) {}
}

/** What went wrong, beginning with a word in capitals. */
export class Failure {
	constructor(readonly text: string) {}
}

/** null: there is no such thing. Strings and buffers may hold any bytes. */
export type Reply = Status | Failure | number | bigint | Buffer | string | null | readonly Reply[];

// An answer is one line: what a client sent must not make it two.
const oneLine = (text: string) => text.replaceAll(/[\r\n]/gu, ' ');

function append(reply: Reply, pieces: Bytes[]): void {
	if (reply === null) pieces.push('$-1\r\n');
	else if (reply instanceof Status) pieces.push(`+${oneLine(reply.text)}\r\n`);
	else if (reply instanceof Failure) pieces.push(`-${oneLine(reply.text)}\r\n`);
	else if (typeof reply === 'number' || typeof reply === 'bigint') pieces.push(`:${reply}\r\n`);
	else if (typeof reply === 'string' || Buffer.isBuffer(reply)) {
		pieces.push(`$${Buffer.byteLength(reply)}\r\n`, reply, '\r\n');
	} else {
		pieces.push(`*${reply.length}\r\n`);
		for (const element of reply) append(element, pieces);
	}
}

export function encodeReply(reply: Reply): Bytes | readonly Bytes[] {
	const pieces: Bytes[] = [];
	append(reply, pieces);
	return pieces.length === 1 ? (pieces[0] ?? '') : pieces;
}
