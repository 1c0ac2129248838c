/**
 * One `sendFile` in the queue of a connection's writing half: header, bytes of the file, trailer, in one turn. The place in the
 * queue is taken at the call; a path is opened meanwhile, and the file is measured when its turn has come.
 */
import {UnexpectedEndError, type TcpError} from '../errors.js';
import {fileError} from '../internal/errno-errors.js';
import {takeCredit} from '../loop/turn-credit.js';
import type {SendFileSettings} from '../normalize.js';
import {byteLengthOf} from '../validate.js';
import type {Call} from './call.js';
import type {FileSource} from './file-source.js';
import {fileFault, sizeOfFile, type Link} from './link.js';
import {Progress} from './progress.js';
import {memoryGone, type StepOutcome, type Writer} from './writer.js';

/** EBADF of errno(3). */
const closedFile = 9;

/** Memory that goes before or behind the file. */
interface Piece {
	readonly name: string;
	readonly view: Uint8Array;
	readonly length: number;
	sent: number;
}

export class FileWriter implements Writer {
	readonly syscall = 'sendfile';
	bytesSent = 0;
	readonly #call: Call<number>;
	readonly #source: FileSource;
	readonly #offset: number;
	readonly #length: number | undefined;
	readonly #header: Piece;
	readonly #trailer: Piece;
	readonly #progress: Progress | undefined;
	/** Bytes of the file that are to go; undefined before its turn. */
	#total: number | undefined;
	#fileSent = 0;

	constructor(call: Call<number>, source: FileSource, settings: SendFileSettings) {
		const {offset, length, header, trailer, onProgress} = settings;
		this.#call = call;
		this.#source = source;
		this.#offset = offset;
		this.#length = length;
		this.#header = {name: 'header', view: header, length: byteLengthOf(header), sent: 0};
		this.#trailer = {name: 'trailer', view: trailer, length: byteLengthOf(trailer), sent: 0};
		this.#progress = onProgress === undefined ? undefined : new Progress(onProgress);
	}

	/** What is known of it: before its turn, a file without `length` has none. */
	get bytesLeft(): number {
		const whole = this.#header.length + (this.#total ?? this.#length ?? 0) + this.#trailer.length;
		return whole - this.bytesSent;
	}

	get bytesInMemory(): number {
		return this.#header.length + this.#trailer.length;
	}

	step(link: Link, othersWait: boolean): StepOutcome {
		if (!this.#source.isReady) {
			link.holdOutput();
			return 'wait';
		}

		this.#total ??= this.#measure();
		const total = this.#total;
		const outcome = this.#stepPiece(link, this.#header, othersWait || total + this.#trailer.length > 0);
		if (outcome !== 'done') return outcome;
		const ofFile = this.#stepFile(link, total, othersWait || this.#trailer.length > 0);
		return ofFile === 'done' ? this.#stepPiece(link, this.#trailer, othersWait) : ofFile;
	}

	resolve(): void {
		this.#source.release();
		this.#call.resolve(this.#fileSent);
	}

	reject(error: unknown): void {
		this.#end();
		this.#call.reject(error);
	}

	rejectEnd(error: TcpError): void {
		this.#end();
		this.#call.rejectEnd(error);
	}

	#end(): void {
		this.#progress?.stop();
		this.#source.release();
	}

	/** Bytes that will go. Throws for what is no regular file, and for one that is too short already. */
	#measure(): number {
		const size = sizeOfFile(this.#descriptor());
		if (size < 0) throw fileError(-size, 0);
		const rest = size - this.#offset;
		const length = this.#length ?? rest;
		if (rest < 0 || length > rest)
			throw truncated(`The file has ${size} bytes: too few to send from ${this.#offset} on`, this.#length, 0);
		return length;
	}

	#descriptor(): number {
		const file = this.#source.descriptor();
		if (file < 0) throw fileError(closedFile, this.bytesSent);
		return file;
	}

	#stepPiece(link: Link, piece: Piece, holdsMore: boolean): StepOutcome {
		if (piece.sent === piece.length) return 'done';
		if (byteLengthOf(piece.view) !== piece.length) throw memoryGone(piece.name);
		while (piece.sent < piece.length) {
			const sent = link.write(piece.view, piece.sent, piece.length - piece.sent, holdsMore);
			if (sent < 0) return sent;
			this.bytesSent += sent;
			piece.sent += sent;
			link.creditBytes += sent;
			if (piece.sent < piece.length && link.isBlocked) return 'wait';
		}

		return 'done';
	}

	#stepFile(link: Link, total: number, holdsMore: boolean): StepOutcome {
		for (let isFirst = true; this.#fileSent < total; isFirst = false) {
			// Each step of native code is bounded; a long file takes many, of which every one needs credit.
			if (!isFirst && !takeCredit(link, true)) {
				link.waitForTurn(true, true);
				return 'wait';
			}

			const left = total - this.#fileSent;
			const sent = link.sendFile(this.#descriptor(), this.#offset + this.#fileSent, left, holdsMore);
			if (sent <= fileFault) throw this.#fault(fileFault - sent, total);
			if (sent < 0) return sent;
			this.bytesSent += sent;
			this.#fileSent += sent;
			link.creditBytes += sent;
			if (sent > 0) this.#progress?.report(this.#fileSent, total);
			if (sent < left && link.isBlocked) return 'wait';
		}

		return 'done';
	}

	#fault(errno: number, total: number): TcpError {
		if (errno !== 0) return fileError(errno, this.bytesSent);
		return truncated(`The file ended after ${this.#fileSent} of ${total} bytes`, total, this.bytesSent);
	}
}

function truncated(message: string, expected: number | undefined, bytesSent: number): UnexpectedEndError {
	return new UnexpectedEndError('ERR_FILE_TRUNCATED', message, {expected, bytesSent, syscall: 'sendfile'});
}
